"""What changed in a message since it was sent back, in words: for letters and pages."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from babel.numbers import format_decimal

from models import Language, ShareUnit
from notifications.wording.languages import translations
from notifications.wording.sendout_words import recorded_words

# Marks a sentence for babel; it is translated where it is used.
_ = str

PARTS: Mapping[str, str] = {
    "send_at": _("Goes out"),
    "rules": _("Rate and window"),
    "personal_fields": _("Personal fields"),
    "plan": _("Variants"),
    "share": _("Share"),
    "subject": _("Subject"),
    "text": _("Plain text"),
    "html": _("HTML text"),
    "links": _("Linked addresses"),
    "attachments": _("Attachments"),
    "layout": _("Layout"),
}


class Line(NamedTuple):
    """A line of a change: removed (-), added (+), unchanged (a blank), or left out (…)."""

    sign: str
    text: str


class ChangeWords(NamedTuple):
    """One part of a message that was changed."""

    title: str
    lines: list[Line]

    def __str__(self) -> str:
        return f"{self.title}: {', '.join(map(' '.join, self.lines))}"


class Reader(NamedTuple):
    """The language and the clocks of the person who reads."""

    language: Language
    when: Callable[[datetime], str]

    def say(self, sentence: str) -> str:
        """Return the sentence in the reader's language."""
        return translations(self.language).gettext(sentence)


def change_words(changes: Iterable[Mapping[str, Any]], reader: Reader) -> list[ChangeWords]:
    """Return the changes of a request (`ModerationRequest.changes`) for this reader."""
    return [ChangeWords(title(change, reader), lines(change, reader)) for change in changes]


def title(change: Mapping[str, Any], reader: Reader) -> str:
    """Return what was changed, with the letter of the variant."""
    part = reader.say(PARTS[change["part"]])
    if "variant" not in change:
        return part
    return reader.say(_("%(part)s of variant %(letter)s")) % {
        "part": part,
        "letter": change["variant"],
    }


def lines(change: Mapping[str, Any], reader: Reader) -> list[Line]:
    """Return the removed and added lines."""
    if "lines" in change:
        return [Line(sign, text) for sign, text in change["lines"]]
    if change["part"] == "layout":
        return [Line(" ", reader.say(_("The same text and links look different now.")))]
    part = change["part"]
    if "added" in change:
        removed, added = change["removed"], change["added"]
    else:
        removed, added = [change["before"]], [change["after"]]
    return [
        *(Line("-", value_words(part, one, reader)) for one in removed),
        *(Line("+", value_words(part, one, reader)) for one in added),
    ]


def value_words(part: str, value: Any, reader: Reader) -> str:
    """Return one value of a part."""
    words = WORDS.get(part)
    return words(value, reader) if words else str(value)


def time_words(moment: str | None, reader: Reader) -> str:
    """Return a time; without one, that it is as soon as possible."""
    if moment is None:
        return reader.say(_("as soon as it is approved"))
    return reader.when(datetime.fromisoformat(moment))


def attachment_words(attachment: Sequence[Any], reader: Reader) -> str:
    """Return the name and the size of a file."""
    name, size, _hash = attachment
    facts = {"name": name, "size": format_decimal(size, locale=reader.language.value)}
    return reader.say(_("%(name)s (%(size)s bytes)")) % facts


def plan_words(plan: Mapping[str, Any] | None, reader: Reader) -> str:
    """Return the plan of a split message."""
    if plan is None:
        return reader.say(_("none"))
    unit = _("percent of the list") if plan["unit"] == ShareUnit.PERCENT else _("copies")
    parts = [reader.say(unit)]
    if plan["rest_at"]:
        facts = {"when": time_words(plan["rest_at"], reader), "letter": plan["winner"]}
        sentence = (
            _("Everyone else gets %(letter)s: %(when)s")
            if plan["winner"]
            else _("Everyone else gets the variant that a person chooses: %(when)s")
        )
        parts.append(reader.say(sentence) % facts)
    return "; ".join(parts)


# The words of the parts whose values are not text.
WORDS: Mapping[str, Callable[[Any, Reader], str]] = {
    "send_at": time_words,
    "rules": lambda value, reader: recorded_words(value, reader.language),
    "personal_fields": lambda value, reader: reader.say(_("yes") if value else _("no")),
    "plan": plan_words,
    "share": lambda value, reader: format_decimal(value or 0, locale=reader.language.value),
    "subject": lambda value, reader: value or reader.say(_("(no subject)")),
    "attachments": attachment_words,
}
