"""Refusals in the reader's language."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.numbers import format_decimal

from models import Amount, Language, MessageState, Right
from models.refusals import filled
from notifications.wording.languages import format_day, format_moment, translations
from portal.wording.right_names import WORDS

UTC = ZoneInfo("UTC")

# Marks a word for pybabel; it is translated when it is rendered.
_ = str

NOUNS: Mapping[str, str] = {"Message": _("The message")}

STATES: Mapping[str, str] = {
    MessageState.DRAFT: _("Draft"),
    MessageState.IN_MODERATION: _("Waiting for an answer"),
    MessageState.REJECTED: _("Rejected"),
    MessageState.SCHEDULED: _("Scheduled"),
    MessageState.SENDING: _("Being sent"),
    MessageState.SENT: _("Sent"),
    MessageState.STOPPED: _("Stopped"),
    MessageState.DISCARDED: _("Deleted"),
    MessageState.VARIANT: _("Variant"),
}

# Facts that are words of ours, by the name of their gap.
TRANSLATED: Mapping[str, Callable[[str, Callable[[str], str]], str]] = {
    "noun": lambda noun, gettext: gettext(NOUNS.get(noun, noun)),
    "state": lambda state, gettext: gettext(STATES.get(state, state)),
    "to": lambda state, gettext: gettext(STATES.get(state, state)),
    "right": lambda name, gettext: WORDS[Right[name]](gettext)[0],
}


def refusal_words(
    sentence: str,
    facts: Mapping[str, object],
    *,
    language: Language,
    zone: ZoneInfo = UTC,
) -> str:
    """Return the sentence of a refusal in this language.

    Its times are in `zone`, unless they are of a zone that has a name.
    """
    gettext = translations(language).gettext

    def translated(gap: str, fact: object) -> object:
        if isinstance(fact, datetime):
            own = fact.tzinfo if isinstance(fact.tzinfo, ZoneInfo) else zone
            return format_moment(fact, language, own)
        if isinstance(fact, date):
            return format_day(fact, language)
        if isinstance(fact, Amount):
            return format_decimal(int(fact), locale=language.value)
        return TRANSLATED[gap](str(fact), gettext) if gap in TRANSLATED else fact

    return filled(gettext(sentence), {gap: translated(gap, fact) for gap, fact in facts.items()})
