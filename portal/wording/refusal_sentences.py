"""A refusal in its reader's language."""

from collections.abc import Callable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.numbers import format_decimal

from models import Amount, Language, MessageState, Right
from models.refusals import filled
from notifications.wording.languages import format_moment, translations
from portal.wording.right_names import WORDS

UTC = ZoneInfo("UTC")

# Marks a word for translators' tools; it is looked up when it is told.
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
}

# Gaps that are filled with words of ours.
OURS: Mapping[str, Callable[[str, Callable[[str], str]], str]] = {
    "noun": lambda noun, say: say(NOUNS.get(noun, noun)),
    "state": lambda state, say: say(STATES.get(state, state)),
    "to": lambda state, say: say(STATES.get(state, state)),
    "right": lambda name, say: WORDS[Right[name]](say)[0],
}


def refusal_words(
    sentence: str,
    facts: Mapping[str, object],
    *,
    language: Language,
    zone: ZoneInfo = UTC,
) -> str:
    """The sentence of a refusal in this language, its gaps filled; times are told in this zone."""
    say = translations(language).gettext

    def spoken(gap: str, fact: object) -> object:
        if isinstance(fact, datetime):
            return format_moment(fact, language, zone)
        if isinstance(fact, Amount):
            return format_decimal(int(fact), locale=language.value)
        return OURS[gap](str(fact), say) if gap in OURS else fact

    return filled(say(sentence), {gap: spoken(gap, fact) for gap, fact in facts.items()})
