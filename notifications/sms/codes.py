"""What Twilio's error codes mean for an SMS: whether to try again, and a sentence for people.

Twilio adds codes and asks not to rely on them (changelog of 10 July 2024), so what is not listed
here is judged by the HTTP status.  https://www.twilio.com/docs/api/errors
"""

from dataclasses import dataclass
from enum import Enum

OPTED_OUT = 21610


class Fate(Enum):
    """Whether it is worthwhile to try an SMS again."""

    PERMANENT = "no: never with this number or text"
    TEMPORARY = "later"
    AWAY = "once Twilio, or the operator's settings, are in order: it is nobody's fault in between"


@dataclass(frozen=True)
class Meaning:
    """The sentence is for logs and pages: without phone number or text."""

    sentence: str
    fate: Fate


_SENDER = (21212, 21603, 21606, 21659, 21660, 21661, 21701, 21703, 21704, 21705)

_FOR_GOOD = {
    "Twilio says that this is no phone number it can text to.": (21211, 21217, 21265, 21266, 21604),
    "No SMS gets through to this phone number.": (21214, 21612, 30004, 30005),
    "The phone number is no mobile phone's.": (21614, 21635, 30006),
    # The operator could mend these two, but until then the person is better told by e-mail.
    "Twilio's account has no permission to text to this country.": (21408,),
    "Twilio's trial account does not know this phone number.": (21608,),
    "The person has sent STOP: no SMS goes there until START comes from that phone.": (OPTED_OUT,),
    "Twilio does not take such a text.": (21602, 21617, 21619),
    "The carrier took the SMS for spam.": (30007,),
}

_FOR_NOW = {
    "The phone is switched off or out of reach.": (30003,),
    "The carrier did not deliver the SMS and does not say why.": (30008,),
    "Twilio takes no more SMS for the moment.": (14107, 20429, 21611, 30001, 30022, 63038),
}

_ONCE_MENDED = {
    "Twilio does not accept TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN; "
    "SMS wait until the operator has mended them.": (20003, 20005, 30002),
    "Twilio does not know the account, or what it was asked about.": (20404,),
    "Twilio does not accept TWILIO_SENDER; SMS wait until the operator has mended it.": _SENDER,
    "Twilio does not accept PUBLIC_URL; SMS wait until the operator has mended it.": (21609,),
}

_KNOWN = {
    code: Meaning(sentence, fate)
    for fate, sentences in (
        (Fate.PERMANENT, _FOR_GOOD),
        (Fate.TEMPORARY, _FOR_NOW),
        (Fate.AWAY, _ONCE_MENDED),
    )
    for sentence, codes in sentences.items()
    for code in codes
}

_BY_STATUS = {
    400: Meaning("Twilio refuses this SMS.", Fate.PERMANENT),
    401: _KNOWN[20003],
    402: Meaning("Twilio wants to be paid first.", Fate.AWAY),
    403: _KNOWN[20003],
    404: _KNOWN[20404],
    429: _KNOWN[20429],
}
_OUT_OF_ORDER = Meaning("Twilio is out of order.", Fate.AWAY)
_UNKNOWN = Meaning("The SMS was not delivered.", Fate.PERMANENT)


def meaning(code: int | None, *, status: int | None = None) -> Meaning:
    """Of an error code, or where it is not known of the HTTP status that came with it.

    Without a status it is about an SMS that Twilio had taken before.
    """
    if code in _KNOWN:
        return _KNOWN[code]
    return _UNKNOWN if status is None else _BY_STATUS.get(status, _OUT_OF_ORDER)
