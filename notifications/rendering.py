"""Templates become words: templates/<letter>/{subject.txt,body.txt,body.html}."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from models import LetterName

ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    # Names and subjects are strangers' words; plain text needs no escaping.
    autoescape=select_autoescape(["html"]),
    # A misspelt variable is an error, not a gap in somebody's letter.
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True)
class Rendered:
    """A letter in words."""

    subject: str
    text: str
    html: str


def render(letter: LetterName, facts: Mapping[str, Any]) -> Rendered:
    """Fill the letter's templates; raises jinja2.UndefinedError for a fact that is missing."""

    def fill(part: str) -> str:
        return ENVIRONMENT.get_template(f"{letter.value}/{part}").render(facts)

    return Rendered(
        # One line: the subject of a message is in it, and a header ends at a line's end.
        subject=" ".join(fill("subject.txt").split()),
        text=fill("body.txt"),
        html=fill("body.html"),
    )
