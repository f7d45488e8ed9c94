"""Talks to Twilio with its own library, and turns whatever goes wrong into `NotDelivered`."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

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

from notifications.channel import Away, NotDelivered
from notifications.sms.codes import OPTED_OUT, Fate, meaning

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
