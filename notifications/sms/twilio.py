"""Send SMS through Twilio, and say what became of each."""

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self

import phonenumbers
import requests
from twilio.base.exceptions import (
    TwilioException,
    TwilioRestException,
    TwilioServiceException,
)
from twilio.base.version import Version
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from urllib3.exceptions import NewConnectionError

from models import Invalid
from notifications.channel import NotDelivered, Unavailable
from notifications.sms.codes import OPTED_OUT, Retry, meaning
from notifications.sms.gsm7 import plain

API = "https://api.twilio.com"

# Seconds.  Twilio answers within one; a worker that waits much longer sends nothing else.
TIMEOUT = 10.0
CONNECT_TIMEOUT = 5.0

SEARCH_LIMIT = 1000  # Twilio's largest page: one request, and more SMS than a person gets from us

# Our clock and Twilio's differ, and Twilio's times are in whole seconds.
CLOCK_SKEW = timedelta(minutes=1)

DELIVERED = {"delivered", "read"}
FAILED = {"undelivered", "failed", "canceled"}

# The logs of these two contain phone numbers: Twilio's library logs whole requests at INFO, urllib3
# the URL at DEBUG, and the URL of a search has the number in it.
_SILENT = logging.Logger("twilio", level=logging.CRITICAL)
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)


class OptedOut(NotDelivered):
    """The person has sent STOP to the carrier; only they can undo it."""


@dataclass(frozen=True)
class TwilioAccount:
    """The account that sends all our SMS."""

    account_sid: str
    auth_token: str = field(repr=False)
    sender: str  # a Messaging Service (MG…) or a number of the account's (+…)
    url: str = API  # another region of Twilio's, or a sandbox
    status_callback: str | None = None  # the URL to which Twilio reports deliveries
    timeout: float = TIMEOUT  # seconds, for each read

    def send(self, text: str, *, to: str, not_before: datetime | None = None) -> str:
        """Return the MessageSid once Twilio has taken the SMS.

        Raise NotDelivered if it has not, or if that is uncertain, and its subclass OptedOut if the
        person has sent STOP.

        Twilio has no idempotency key.  `not_before` is the time of an earlier attempt with an
        uncertain outcome: the SMS is looked up from then on, and not sent again if it is found.
        """
        if not_before is not None and (taken := self.find(text, to=to, since=not_before)):
            return taken
        with self._messages() as messages:
            sid = messages.create(to=to, body=text, **self._sender()).sid
        if not sid:
            raise unexpected_answer()
        return str(sid)

    def find(self, text: str, *, to: str, since: datetime) -> str | None:
        """Return the MessageSid of this SMS if Twilio took it since then and it has not failed.

        Raise NotDelivered, uncertain and never permanent, if the search fails.
        """
        try:
            with self._messages() as messages:
                # Not filtered by DateSent, which SMS that still wait at Twilio do not have.
                found = messages.list(to=to, limit=SEARCH_LIMIT)
        except NotDelivered as no:
            no.permanent, no.uncertain = False, True
            raise
        oldest = since - CLOCK_SKEW
        return next((str(one.sid) for one in found if _matches(one, text, since=oldest)), None)

    def _messages(self) -> Any:
        return twilio_messages(
            self.account_sid, self.auth_token, url=self.url, timeout=self.timeout
        )

    def _sender(self) -> dict[str, str]:
        kind = "messaging_service_sid" if self.sender.startswith("MG") else "from_"
        callback = {"status_callback": self.status_callback} if self.status_callback else {}
        return {kind: self.sender, **callback}


@dataclass(frozen=True)
class DeliveryReport:
    """Twilio's later report about an SMS; reports come in any order, and often twice."""

    sid: str
    status: str  # Twilio's word; anything but delivered or failed means that it is on its way
    code: int | None = None

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> Self:
        """Read a status callback; raise ValueError if it is not one.

        https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks
        """
        sid, status = fields.get("MessageSid", ""), fields.get("MessageStatus", "")
        if not re.fullmatch("[SM]M[0-9a-f]{32}", sid) or not status:
            raise ValueError("This is no report of Twilio's about an SMS.")
        code = fields.get("ErrorCode", "")
        return cls(sid, status, int(code) if re.fullmatch("[0-9]{5}", code) else None)

    @property
    def delivered(self) -> bool:
        return self.status in DELIVERED

    @property
    def failed(self) -> bool:
        """Twilio will not try it again."""
        return self.status in FAILED

    @property
    def opted_out(self) -> bool:
        """A Messaging Service accepts every SMS, and reports a STOP only later."""
        return self.failed and self.code == OPTED_OUT

    @property
    def sentence(self) -> str:
        """Why it failed, without phone number or text."""
        return meaning(self.code).sentence


def valid_number(text: str) -> str:
    """Return a phone number in E.164, from one with + and the country, however it is spaced.

    Raise Invalid, which does not repeat the number, if no phone can have it.
    """
    # Letters would be read as the keys of a phone, or as an extension.
    if not re.fullmatch(r"\+[0-9 ().\-/\xa0\u202f]+", text.strip()):
        raise not_a_number()
    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        raise not_a_number() from None
    if not phonenumbers.is_valid_number(number):
        raise Invalid("No phone can have this number: a digit may be wrong or missing.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def not_a_number() -> Invalid:
    """Return the refusal of a text that does not look like a phone number."""
    return Invalid("A phone number begins with + and the country, such as +33 6 12 34 56 78.")


@contextmanager
def twilio_messages(
    account_sid: str, auth_token: str, *, url: str, timeout: float
) -> Iterator[Any]:
    """Open an account's messages (a MessageList of Twilio's library) for one request.

    Errors of the library or the network become NotDelivered, or Unavailable where they say nothing
    about the SMS.
    """
    http = TwilioHttpClient(timeout=timeout, logger=_SILENT, max_retries=0)
    http.timeout = (min(CONNECT_TIMEOUT, timeout), timeout)  # its constructor takes one number only
    # Without TLS the server is on this machine, so no proxy is used.
    http.session.trust_env = url.startswith("https:")
    # An environment of its own: TWILIO_EDGE and TWILIO_REGION would change our URL.
    client = Client(account_sid, auth_token, http_client=http, environment={"PATH": ""})
    client.api.base_url = url
    try:
        yield client.messages
    except TwilioException as no:
        raise _refusal(no) from None
    except requests.RequestException as failure:
        raise _connection_failure(failure) from None
    # The library assumes that every answer is JSON in the form that it knows.
    except (AttributeError, KeyError, TypeError, ValueError):
        raise unexpected_answer() from None
    finally:
        http.session.close()


def unexpected_answer(answer: str = "") -> Unavailable:
    """Return the error for an answer that neither accepts nor refuses the SMS."""
    return Unavailable("Twilio's answer makes no sense.", uncertain=True, answer=answer)


def _refusal(no: TwilioException) -> NotDelivered:
    if not isinstance(no, TwilioRestException | TwilioServiceException):
        # Unlike other requests, a list that fails raises the bare answer.
        answers = [each for each in no.args if isinstance(each, Response)]
        if not answers:
            return unexpected_answer(str(no))
        no = Version.exception("GET", "", answers[0], "Unable to fetch page")
    text = no.msg if isinstance(no, TwilioRestException) else f"{no.title}: {no.detail}"
    answer = f"{no.status} {no.code} {text}"
    found = meaning(no.code, status=no.status)
    if no.code == OPTED_OUT:
        return OptedOut(found.sentence, permanent=True, answer=answer)
    if found.retry is Retry.ONCE_AVAILABLE:
        # A server that fails may have accepted the SMS before.
        return Unavailable(found.sentence, uncertain=no.status >= 500, answer=answer)
    return NotDelivered(found.sentence, permanent=found.retry is Retry.NEVER, answer=answer)


def _connection_failure(failure: requests.RequestException) -> Unavailable:
    reason = getattr(failure.args[0], "reason", None) if failure.args else None
    # The name, the connection or the proxy failed: nothing was sent.
    if isinstance(failure, requests.ConnectTimeout | requests.exceptions.ProxyError) or isinstance(
        reason, NewConnectionError
    ):
        return Unavailable("Twilio cannot be reached.")
    return Unavailable("Twilio was asked and did not answer.", uncertain=True)


def _matches(message: Any, text: str, *, since: datetime) -> bool:
    """Tell whether a message of Twilio's library is this SMS, taken since then and not failed."""
    if message.status in FAILED or message.date_created is None or message.date_created < since:
        return False
    # A Messaging Service may replace characters that double the price, and a trial account puts
    # a sentence of its own before each SMS.
    return plain(message.body or "").strip().endswith(plain(text).strip())
