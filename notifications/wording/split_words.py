"""The plan of a split message in words: for letters, pages and the command line."""

from collections.abc import Callable
from datetime import datetime

from babel.numbers import format_decimal, format_percent

from models import Language, Message, ShareUnit
from notifications.wording.languages import translations

# Marks a sentence for babel; it is translated where it is used.
_ = str


def split_lines(message: Message, language: Language, when: Callable[[datetime], str]) -> list[str]:
    """Return a line for each variant and one for the rest; none if the message is not split."""
    if not message.is_split:
        return []
    lines = [variant_line(message, one, language) for one in message.versions]
    return (
        [*lines, rest_line(message, language, when(message.rest_at))] if message.rest_at else lines
    )


def variant_line(message: Message, version: Message, language: Language) -> str:
    """Return the letter, the share and the subject of a variant."""
    gettext, share = translations(language).gettext, version.share or 0
    if message.share_unit is ShareUnit.PERCENT:
        words, number = (
            _("%(letter)s to %(share)s of the list: %(subject)s"),
            format_percent(share / 100, locale=language.value),
        )
    else:
        words, number = (
            _("%(letter)s to %(share)s members: %(subject)s"),
            format_decimal(share, locale=language.value),
        )
    return gettext(words) % {
        "letter": message.letter_of(version.id),
        "share": number,
        "subject": version.subject or gettext(_("(no subject)")),
    }


def rest_line(message: Message, language: Language, when: str) -> str:
    """Return when everyone else gets the winner, and which variant that is."""
    gettext = translations(language).gettext
    if message.winner_id is None:
        return gettext(_("Everyone else gets the variant that a person chooses: %(when)s")) % {
            "when": when
        }
    letter = message.letter_of(message.winner_id)
    return gettext(_("Everyone else gets %(letter)s: %(when)s")) % {"letter": letter, "when": when}
