"""Hands SMS to Twilio and says what became of each."""

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
from notifications.channel import Away, NotDelivered
from notifications.sms.codes import OPTED_OUT, Fate, meaning
from notifications.sms.gsm7 import plain

API = "https://api.twilio.com"

# Twilio answers within a second; who waits much longer holds a worker up, and there are few.
TIMEOUT = 10.0

LOOK_BACK = 1000  # Twilio's largest page: one request, and more SMS than a person gets from us

# Our clocks differ, and Twilio's times are in whole seconds.
CLOCKS_DIFFER = timedelta(minutes=1)

DELIVERED = {"delivered", "read"}
FAILED = {"undelivered", "failed", "canceled"}


@dataclass(frozen=True)
class DeliveryReport:
    """What Twilio tells later of an SMS that it had taken, in whatever order, and often twice."""

    sid: str
    status: str  # Twilio's word; what is neither delivered nor failed is still on its way
    code: int | None = None

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> Self:
        """Read a status callback.  Raises ValueError if it is none.

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
        """A Messaging Service takes every SMS, and finds out about a STOP only later."""
        return self.failed and self.code == OPTED_OUT

    @property
    def sentence(self) -> str:
        """Why it failed, without phone number or text."""
        return meaning(self.code).sentence


@dataclass(frozen=True)
class Phone:
    """The Twilio account that sends all our SMS."""

    account_sid: str
    auth_token: str = field(repr=False)
    sender: str  # a Messaging Service (MG…) or a number of the account's (+…)
    url: str = API  # another one of Twilio's regions, or a pretend network
    status_callback: str | None = None  # where Twilio reports what became of each
    timeout: float = TIMEOUT  # seconds, for each read

    def send(self, text: str, *, to: str, not_before: datetime | None = None) -> str:
        """Returns the MessageSid once Twilio has taken it; raises NotDelivered if not, or unknown.

        OptedOut, one of its kind, says that the person has sent STOP.

        Twilio knows no idempotency key.  So `not_before`, the time of an earlier attempt whose
        outcome is unknown, has the SMS looked up first; what is found is not sent again.
        """
        if not_before is not None and (taken := self.find(text, to=to, since=not_before)):
            return taken
        with self._messages() as messages:
            sid = messages.create(to=to, body=text, **self._sender()).sid
        if not sid:
            raise not_understood()
        return str(sid)

    def find(self, text: str, *, to: str, since: datetime) -> str | None:
        """The MessageSid of this SMS, if Twilio has taken it since then and it has not failed.

        Raises NotDelivered, which is never permanent: whether it was taken is as unknown as before.
        """
        try:
            with self._messages() as messages:
                # Not filtered by DateSent: what still waits at Twilio has none.
                found = messages.list(to=to, limit=LOOK_BACK)
        except NotDelivered as no:
            no.permanent, no.uncertain = False, True
            raise
        oldest = since - CLOCKS_DIFFER
        return next((str(each.sid) for each in found if _is(each, text, since=oldest)), None)

    def _messages(self) -> Any:
        return conversation(self.account_sid, self.auth_token, url=self.url, timeout=self.timeout)

    def _sender(self) -> dict[str, str]:
        kind = "messaging_service_sid" if self.sender.startswith("MG") else "from_"
        callback = {"status_callback": self.status_callback} if self.status_callback else {}
        return {kind: self.sender, **callback}


def valid_number(text: str) -> str:
    """A phone number in E.164, from one that begins with + and the country, spaced as one likes.

    Raises Invalid for whoever typed it; its sentence does not repeat the number.
    """
    # Letters would be dialled as on an old telephone, or taken for an extension.
    if not re.fullmatch(r"\+[0-9 ().\-/\xa0\u202f]+", text.strip()):
        raise no_number()
    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        raise no_number() from None
    if not phonenumbers.is_valid_number(number):
        raise Invalid("No phone can have this number: a digit may be wrong or missing.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def no_number() -> Invalid:
    """What is not even written like a telephone number."""
    return Invalid("A phone number begins with + and the country, such as +33 6 12 34 56 78.")


def _is(message: Any, text: str, *, since: datetime) -> bool:
    """Whether a message of Twilio's library is this SMS, taken since then and not failed."""
    if message.status in FAILED or message.date_created is None or message.date_created < since:
        return False
    # A Messaging Service may replace characters that double the price, and a trial account writes
    # a sentence of its own before each SMS.
    return plain(message.body or "").strip().endswith(plain(text).strip())


CONNECT_TIMEOUT = 5.0  # seconds; who does not even pick up by then is away


# There are phone numbers in what these two log: Twilio's library tells all of a request at INFO,
# urllib3 its address at DEBUG, and that of a search by number has the number in it.
_SILENT = logging.Logger("twilio", level=logging.CRITICAL)


logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)


class OptedOut(NotDelivered):
    """The person has told the carrier STOP, and only they can take it back."""


@contextmanager
def conversation(account_sid: str, auth_token: str, *, url: str, timeout: float) -> Iterator[Any]:
    """The messages of an account (a MessageList of Twilio's library), for one question.

    What the library or the network raises inside becomes NotDelivered; Away where it says nothing
    about the SMS, so that all of them go out as soon as Twilio is there again.
    """
    http = TwilioHttpClient(timeout=timeout, logger=_SILENT, max_retries=0)
    http.timeout = (min(CONNECT_TIMEOUT, timeout), timeout)  # its constructor takes one number only
    # What is spoken without TLS does not leave this machine: no proxy comes in between.
    http.session.trust_env = url.startswith("https:")
    # An environment of its own: TWILIO_EDGE and TWILIO_REGION would change our URL.
    client = Client(account_sid, auth_token, http_client=http, environment={"PATH": ""})
    client.api.base_url = url
    try:
        yield client.messages
    except TwilioException as no:
        raise _refusal(no) from None
    except requests.RequestException as failure:
        raise _lost(failure) from None
    # The library trusts an answer to be JSON, and of the form it knows.
    except (AttributeError, KeyError, TypeError, ValueError):
        raise not_understood() from None
    finally:
        http.session.close()


def not_understood(answer: str = "") -> Away:
    """What to raise where Twilio says neither yes nor no."""
    return Away("Twilio's answer makes no sense.", uncertain=True, answer=answer)


def _refusal(no: TwilioException) -> NotDelivered:
    if not isinstance(no, TwilioRestException | TwilioServiceException):
        # A list that fails, unlike the rest, comes with the bare answer.
        answers = [each for each in no.args if isinstance(each, Response)]
        if not answers:
            return not_understood(str(no))
        no = Version.exception("GET", "", answers[0], "Unable to fetch page")
    words = no.msg if isinstance(no, TwilioRestException) else f"{no.title}: {no.detail}"
    answer = f"{no.status} {no.code} {words}"
    found = meaning(no.code, status=no.status)
    if no.code == OPTED_OUT:
        return OptedOut(found.sentence, permanent=True, answer=answer)
    if found.fate is Fate.AWAY:
        # A server that breaks down may do so with the SMS in its hands.
        return Away(found.sentence, uncertain=no.status >= 500, answer=answer)
    return NotDelivered(found.sentence, permanent=found.fate is Fate.PERMANENT, answer=answer)


def _lost(failure: requests.RequestException) -> Away:
    reason = getattr(failure.args[0], "reason", None) if failure.args else None
    # Name, connection or proxy failed: not a word has left this machine.
    if isinstance(failure, requests.ConnectTimeout | requests.exceptions.ProxyError) or isinstance(
        reason, NewConnectionError
    ):
        return Away("Twilio is out of reach.")
    return Away("Twilio was asked and did not answer.", uncertain=True)
