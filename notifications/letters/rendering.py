"""Templates become words: <letter>/{subject.txt,body.txt,body.html,sms.txt}, in three languages.

An operator's own template counts before ours, and one for a list before one for all lists.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from textwrap import fill
from typing import Any, Final

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined, select_autoescape

from models import Language, LetterName
from notifications.sms.gsm7 import plain, segments, septets, shortened
from notifications.wording.languages import translations

OURS: Final = Path(__file__).parent.parent / "templates"
# Below that a subject says nothing; better a second segment.
SHORTEST_SUBJECT: Final = 12  # septets

PARTS: Final = ("subject.txt", "body.txt", "body.html", "sms.txt")


@cache
def environment(language: Language, templates_dir: Path | None) -> Environment:
    """Where templates of a language are found and what they may use."""
    folders = [OURS] if templates_dir is None else [templates_dir, OURS]
    made = Environment(
        loader=ChoiceLoader([FileSystemLoader(folder) for folder in folders]),
        # Names and subjects are strangers' words; plain text needs no escaping.
        autoescape=select_autoescape(["html"]),
        # A misspelt variable is an error, not a gap in somebody's letter.
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    catalog = translations(language)
    made.install_gettext_callables(  # type: ignore[attr-defined]
        catalog.gettext, catalog.ngettext, newstyle=True
    )
    return made


class Words:
    """One letter for one person: each part is filled in when it is asked for."""

    def __init__(
        self,
        letter: LetterName,
        facts: Mapping[str, Any],
        *,
        language: Language,
        list_name: str | None = None,
        templates_dir: Path | None = None,
    ) -> None:
        self._letter = letter
        self._facts = {**facts, "language": language.value}
        self._environment = environment(language, templates_dir)
        self._list_name = list_name

    @property
    def subject(self) -> str:
        """One line: the subject of a message is in it, and a header ends at a line's end."""
        return " ".join(self._fill("subject.txt").split())

    @property
    def text(self) -> str:
        """The letter as plain text, wrapped; what is indented stays as it is."""
        lines = map(wrapped, self._fill("body.txt").splitlines())
        # Conditions leave blank lines behind.
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"

    @property
    def html(self) -> str:
        """The letter as HTML."""
        return self._fill("body.html")

    @property
    def sms(self) -> str:
        """The letter as a short text in GSM-7, the subject cut so that it fits one segment."""
        text = self._short(self._facts)
        subject = plain(str(self._facts.get("subject", "")))
        for room in range(septets(subject), SHORTEST_SUBJECT, -1):
            if segments(text) <= 1:
                break
            text = self._short({**self._facts, "subject": shortened(subject, room)})
        return text

    def _short(self, facts: Mapping[str, Any]) -> str:
        return plain(" ".join(self._fill("sms.txt", facts).split()))

    def _fill(self, part: str, facts: Mapping[str, Any] | None = None) -> str:
        """Raises jinja2.UndefinedError for a fact that is missing."""
        general = f"{self._letter}/{part}"
        special = [f"{self._list_name}/{general}"] if self._list_name else []
        return self._environment.select_template([*special, general]).render(facts or self._facts)


def wrapped(line: str) -> str:
    """A paragraph in lines of the usual length (RFC 3676, 4.1); a link is never broken."""
    if line == "--":
        return "-- "  # by the blank, mail programs know a signature (RFC 3676, 4.3)
    if line.startswith(" "):
        return line
    return fill(line, 76, break_long_words=False, break_on_hyphens=False)
