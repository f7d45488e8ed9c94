"""The webhook requests of the fake phone network, signed as Twilio signs them.

https://www.twilio.com/docs/usage/webhooks/webhooks-security
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import urllib3
from twilio.request_validator import RequestValidator

from notifications.sms.gsm7 import segments
from sandbox.phone_exchange import Account, Sms

TIMEOUT: Final = 15.0  # seconds, as with Twilio
UNREACHABLE: Final = 502  # Twilio logs error 11200 then


@dataclass(frozen=True)
class Answer:
    """Listgate's answer; `status` is 502 if there was none."""

    status: int
    body: str = ""

    @property
    def messages(self) -> list[str]:
        """The messages of a TwiML answer; empty for any other answer."""
        if self.status != 200:
            return []
        try:
            # The XML comes from Listgate on this machine.
            root = ET.fromstring(self.body)  # noqa: S314
        except ET.ParseError:
            return []
        return ["".join(message.itertext()) for message in root.iter("Message")]


@dataclass
class Webhooks:
    """Requests signed for the public URL but sent to the address `at`, as by a proxy."""

    account: Account
    inbound: str = ""
    at: str | None = None

    def sign(self, url: str, fields: Mapping[str, str], *, token: str | None = None) -> str:
        """Return the X-Twilio-Signature of a request."""
        validator = RequestValidator(self.account.token if token is None else token)
        return str(validator.compute_signature(url, dict(fields)))

    def post(
        self,
        url: str,
        fields: Mapping[str, str],
        *,
        signed_as: str | None = None,
        token: str | None = None,
    ) -> Answer:
        """Post a form and return the answer.

        `signed_as` signs it for another URL, `token` with another token; an empty token leaves the
        signature out.
        """
        if not url:
            return Answer(UNREACHABLE)
        headers = {
            "Host": urlsplit(url).netloc,
            "User-Agent": "TwilioProxy/1.1",
            "I-Twilio-Idempotency-Token": secrets.token_hex(16),
        }
        if token != "":
            headers["X-Twilio-Signature"] = self.sign(signed_as or url, fields, token=token)
        with urllib3.PoolManager(timeout=TIMEOUT, retries=False) as pool:
            try:
                answer = pool.request(
                    "POST",
                    self._target(url),
                    fields=fields,
                    encode_multipart=False,
                    headers=headers,
                )
            except urllib3.exceptions.HTTPError:
                return Answer(UNREACHABLE)
        return Answer(answer.status, answer.data.decode(errors="replace"))

    def inbound_fields(self, sms: Sms) -> dict[str, str]:
        """https://www.twilio.com/docs/messaging/guides/webhook-request"""
        return {
            **self._common(sms),
            "SmsMessageSid": sms.sid,
            "SmsStatus": "received",
            "Body": sms.body,
            "NumMedia": "0",
            "NumSegments": str(segments(sms.body)),
            "MessagingServiceSid": self.account.service,
        }

    def status_fields(self, sms: Sms) -> dict[str, str]:
        """https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks"""
        service = {"MessagingServiceSid": sms.service} if sms.service else {}
        error = {"ErrorCode": str(sms.error_code)} if sms.error_code else {}
        status = {"MessageStatus": sms.status, "SmsStatus": sms.status}
        return {**self._common(sms), **status, **service, **error}

    def _common(self, sms: Sms) -> dict[str, str]:
        return {
            "AccountSid": self.account.sid,
            "ApiVersion": "2010-04-01",
            "From": sms.sender,
            "MessageSid": sms.sid,
            "SmsSid": sms.sid,
            "To": sms.to,
        }

    def _target(self, url: str) -> str:
        if self.at is None:
            return url
        there = urlsplit(self.at)
        return urlsplit(url)._replace(scheme=there.scheme, netloc=there.netloc).geturl()
