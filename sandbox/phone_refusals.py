"""The errors of the fake phone network, as Twilio has them for test credentials.

https://www.twilio.com/docs/iam/test-credentials#test-sms-messages
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

import phonenumbers

from sandbox.phone_exchange import Exchange

LONGEST: Final = 1600  # characters

MAGIC_TO: Final = {
    "+15005550001": (21211, "Invalid 'To' Phone Number: {to}"),
    "+15005550002": (
        21612,
        "Message cannot be sent with this combination of 'To' and 'From': {to}",
    ),
    "+15005550003": (
        21408,
        "Permission to send an SMS has not been enabled for the region indicated by the 'To' "
        "number: {to}",
    ),
    "+15005550004": (21610, "Attempt to send to unsubscribed recipient"),
    "+15005550009": (21614, "'To' number is not a valid mobile number: {to}"),
}
MAGIC_FROM: Final = {
    "+15005550001": (21212, "The 'From' number {sender} is not a valid phone number"),
    "+15005550007": (21606, "The 'From' phone number {sender} is not yours or cannot send SMS"),
    "+15005550008": (21611, "This 'From' number {sender} has too many queued messages"),
}


class Refused(Exception):
    """An error with Twilio's code, message and HTTP status."""

    def __init__(self, code: int, words: str, *, status: int = 400) -> None:
        super().__init__(words)
        self.code, self.words, self.status = code, words, status


def check(fields: Mapping[str, str], exchange: Exchange) -> None:
    """Raise Refused unless these are the fields of an SMS that can be sent."""
    _check_recipient(fields.get("To", ""), exchange)
    _check_sender(fields, exchange)
    body = fields.get("Body", "")
    if not body:
        raise Refused(21602, "Message body is required.")
    if len(body) > LONGEST:
        raise Refused(21617, "The concatenated message body exceeds the 1600 character limit")
    callback = fields.get("StatusCallback")
    if callback is not None and urlsplit(callback).scheme not in {"http", "https"}:
        raise Refused(21609, f"The StatusCallback URL {callback} is not a valid URL.")


def _check_recipient(to: str, exchange: Exchange) -> None:
    if not to:
        raise Refused(21604, "A 'To' phone number is required.")
    if to in MAGIC_TO:
        code, words = MAGIC_TO[to]
        raise Refused(code, words.format(to=to))
    if not _possible(to):
        raise Refused(21211, f"Invalid 'To' Phone Number: {to}")
    if exchange.has_stopped(to):
        raise Refused(21610, "Attempt to send to unsubscribed recipient")


def _check_sender(fields: Mapping[str, str], exchange: Exchange) -> None:
    service, sender = fields.get("MessagingServiceSid"), fields.get("From")
    if service is not None:
        if service != exchange.account.service:
            raise Refused(21701, "The Messaging Service does not exist")
        return
    if not sender:
        raise Refused(21603, "A 'From' phone number is required.")
    if sender != exchange.account.number:
        code, words = MAGIC_FROM.get(sender, MAGIC_FROM["+15005550007"])
        raise Refused(code, words.format(sender=sender))


def _possible(number: str) -> bool:
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return False
