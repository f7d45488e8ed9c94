"""Render letters from templates: <letter>/{subject.txt,body.txt,body.html,sms.txt}.

An operator's template takes precedence over ours, and one for a list over one for all lists.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping
from functools import cache, cached_property
from pathlib import Path
from textwrap import fill
from types import CodeType
from typing import Any, Final

from jinja2 import (
    BytecodeCache,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    select_autoescape,
)
from jinja2.bccache import Bucket

from models import Language, LetterName
from notifications.sms.gsm7 import plain, segments, septets, shortened
from notifications.wording.languages import translations

TEMPLATES: Final = Path(__file__).parent.parent / "templates"
# Septets.  A shorter subject is useless, so a longer SMS is better.
MIN_SUBJECT: Final = 12

PARTS: Final = ("subject.txt", "body.txt", "body.html", "sms.txt")


class RenderedLetter:
    """One letter to one person; each part is rendered when it is first read.

    If a template of the operator's fails, `on_broken` gets its name and the error, and the part is
    rendered from our own; without `on_broken` the error is raised.
    """

    def __init__(
        self,
        letter: LetterName,
        variables: Mapping[str, Any],
        *,
        language: Language,
        list_name: str | None = None,
        templates_dir: Path | None = None,
        on_broken: Callable[[str, Exception], None] | None = None,
    ) -> None:
        self._on_broken = on_broken if templates_dir else None
        self._language = language
        self._letter = letter
        self._variables = {**variables, "language": language.value}
        self._environment = environment(language, templates_dir)
        self._list_name = list_name

    @cached_property
    def subject(self) -> str:
        """One line: it contains the subject of a message, which could contain line ends."""
        return " ".join(self._render("subject.txt").split())

    @cached_property
    def text(self) -> str:
        """The letter as plain text, wrapped except for indented lines."""
        lines = map(wrapped, self._render("body.txt").splitlines())
        # Conditions leave blank lines behind.
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"

    @cached_property
    def html(self) -> str:
        """The letter as HTML."""
        return self._render("body.html")

    @cached_property
    def sms(self) -> str:
        """The letter as an SMS in GSM-7; its subject is shortened to fit into one segment."""
        text = self._render_sms(self._variables)
        subject = plain(str(self._variables.get("subject", "")))
        limits = range(MIN_SUBJECT + 1, septets(subject) + 1)
        if segments(text) <= 1 or not limits:
            return text

        def with_limit(limit: int) -> str:
            return self._render_sms({**self._variables, "subject": shortened(subject, limit)})

        fitting = bisect_right(limits, 1, key=lambda limit: segments(with_limit(limit)))
        return with_limit(limits[max(0, fitting - 1)])

    def _render_sms(self, variables: Mapping[str, Any]) -> str:
        return plain(" ".join(self._render("sms.txt", variables).split()))

    def _render(self, part: str, variables: Mapping[str, Any] | None = None) -> str:
        """Raise jinja2.UndefinedError if a variable is missing."""
        general = f"{self._letter}/{part}"
        for_list = [f"{self._list_name}/{general}"] if self._list_name else []
        facts = variables or self._variables
        try:
            return self._environment.select_template([*for_list, general]).render(facts)
        except Exception as failure:  # a template is a program: it can raise anything
            if self._on_broken is None:
                raise
            self._on_broken(general, failure)
        return environment(self._language, None).get_template(general).render(facts)


class CompiledTemplates(BytecodeCache):
    """The code of each template, which is the same in every language."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give the bucket the code, if its source is unchanged."""
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code of the bucket."""
        self._code[bucket.key, bucket.checksum] = bucket.code


COMPILED: Final = CompiledTemplates()


@cache
def environment(language: Language, templates_dir: Path | None) -> Environment:
    """Return Jinja's environment for one language and one operator's folder."""
    folders = [TEMPLATES] if templates_dir is None else [templates_dir, TEMPLATES]
    created = Environment(
        loader=ChoiceLoader([FileSystemLoader(folder) for folder in folders]),
        # Names and subjects are user input; plain text needs no escaping.
        autoescape=select_autoescape(["html"]),
        # A misspelt variable is an error; otherwise a letter would have a gap.
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
        bytecode_cache=COMPILED,
    )
    catalog = translations(language)
    created.install_gettext_callables(  # type: ignore[attr-defined]
        catalog.gettext, catalog.ngettext, newstyle=True
    )
    return created


def wrapped(line: str) -> str:
    """Wrap a paragraph at the usual length (RFC 3676, 4.1); links are never broken."""
    if line == "--":
        return "-- "  # the space marks a signature (RFC 3676, 4.3)
    if line.startswith(" "):
        return line
    return fill(line, 76, break_long_words=False, break_on_hyphens=False)
