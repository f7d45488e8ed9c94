"""What Twilio's error codes mean for an SMS: whether to try again, and a sentence.

Twilio adds codes and asks not to rely on them (changelog of 10 July 2024), so the HTTP status
decides about a code that is not listed here.  https://www.twilio.com/docs/api/errors
"""

from dataclasses import dataclass
from enum import Enum

OPTED_OUT = 21610


class Retry(Enum):
    """Whether to try an SMS again."""

    NEVER = "never with this number or text"
    LATER = "after a delay"
    ONCE_AVAILABLE = "once Twilio, or the operator's settings, are in order; no attempt is counted"


@dataclass(frozen=True)
class Meaning:
    """The sentence is for logs and pages: it has no phone number or text."""

    sentence: str
    retry: Retry


_SENDER = (21212, 21603, 21606, 21659, 21660, 21661, 21701, 21703, 21704, 21705)

_PERMANENT = {
    "Twilio says that this is no phone number it can text to.": (21211, 21217, 21265, 21266, 21604),
    "No SMS gets through to this phone number.": (21214, 21612, 30004, 30005),
    "The phone number is not that of a mobile phone.": (21614, 21635, 30006),
    # The operator could correct these two, but an e-mail reaches the person sooner.
    "Twilio's account has no permission to text to this country.": (21408,),
    "Twilio's trial account does not know this phone number.": (21608,),
    "The person has sent STOP: no SMS goes there until START comes from that phone.": (OPTED_OUT,),
    "Twilio does not accept such a text.": (21602, 21617, 21619),
    "The carrier took the SMS for spam.": (30007,),
}

_TEMPORARY = {
    "The phone is switched off or out of reach.": (30003,),
    "The carrier did not deliver the SMS and does not say why.": (30008,),
    "Twilio accepts no more SMS for the moment.": (14107, 20429, 21611, 30001, 30022, 63038),
}

_SETTINGS_WRONG = {
    "Twilio does not accept TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN; "
    "SMS wait until the operator has corrected them.": (20003, 20005, 30002),
    "Twilio does not know the account, or what it was asked about.": (20404,),
    "Twilio does not accept TWILIO_SENDER; SMS wait until the operator has corrected it.": _SENDER,
    "Twilio does not accept PUBLIC_URL; SMS wait until the operator has corrected it.": (21609,),
}

_BY_CODE = {
    code: Meaning(sentence, retry)
    for retry, sentences in (
        (Retry.NEVER, _PERMANENT),
        (Retry.LATER, _TEMPORARY),
        (Retry.ONCE_AVAILABLE, _SETTINGS_WRONG),
    )
    for sentence, codes in sentences.items()
    for code in codes
}

_BY_STATUS = {
    400: Meaning("Twilio refuses this SMS.", Retry.NEVER),
    401: _BY_CODE[20003],
    402: Meaning("Twilio wants to be paid first.", Retry.ONCE_AVAILABLE),
    403: _BY_CODE[20003],
    404: _BY_CODE[20404],
    429: _BY_CODE[20429],
}
_OUT_OF_ORDER = Meaning("Twilio is out of order.", Retry.ONCE_AVAILABLE)
_UNKNOWN = Meaning("The SMS was not delivered.", Retry.NEVER)


def meaning(code: int | None, *, status: int | None = None) -> Meaning:
    """Return what an error code means, or else the HTTP status that came with it.

    Without a status the code is about an SMS that Twilio had already accepted.
    """
    if code in _BY_CODE:
        return _BY_CODE[code]
    return _UNKNOWN if status is None else _BY_STATUS.get(status, _OUT_OF_ORDER)
