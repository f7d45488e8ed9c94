"""Personal fields: {{ name }}, {{ list }} and {{ unsubscribe_url }} in the text of a message.

They are written as in Jinja, whose parser reads them, but nothing is executed: any other expression
is refused when the message is saved, so that filling in cannot fail.
"""

import re
from dataclasses import dataclass
from html import unescape
from typing import Final

from jinja2 import TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from models import Invalid

FIELDS: Final = ("name", "list", "unsubscribe_url")

# Each is filled in for each recipient.
MOST: Final = 100

_PARSER: Final = ImmutableSandboxedEnvironment()
_FIELD: Final = re.compile(r"\{\{(.{0,300}?)\}\}", re.DOTALL)
_STATEMENT: Final = "{%"
_STRIPPING: Final = ("-", "+")  # {{- name -}} would remove what is around it

# Control characters that are no space, lone surrogates, and marks that reorder the rest of a line.
_UNFIT: Final = re.compile(
    "[\0-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


@dataclass(frozen=True)
class Reader:
    """What is filled in for one recipient."""

    name: str
    list: str
    unsubscribe_url: str
    unnamed: str  # stands for the name of a recipient without one


@dataclass(frozen=True)
class PersonalField:
    """One of FIELDS, and what stands there for a recipient who does not have it."""

    name: str
    default: str = ""

    def of(self, reader: Reader) -> str:
        """Return the value, in one line and never empty."""
        value: str = getattr(reader, self.name)
        return one_line(value) or self.default or reader.unnamed


Pieces = list[str | PersonalField]


def read_fields(text: str, *, html: bool = False) -> Pieces:
    """Return the text around its fields, and the fields; raise Invalid for anything else in {{ }}.

    In HTML, editors write quotation marks and spaces in a field as character references.
    """
    if _STATEMENT in text:
        raise Invalid(
            "The text contains %(mark)s, but only personal fields are filled in.", mark=_STATEMENT
        )
    pieces = Pieces()
    for number, piece in enumerate(_FIELD.split(text)):
        if not number % 2:
            _refuse_open(piece)
            pieces.append(piece)
        else:
            pieces.append(_field(unescape(piece) if html else piece))
    if sum(isinstance(each, PersonalField) for each in pieces) > MOST:
        raise Invalid("A text has at most %(most)d personal fields.", most=MOST)
    return pieces


def has_fields(pieces: Pieces) -> bool:
    """Whether anything is filled in or replaced."""
    return len(pieces) > 1


def one_line(text: str) -> str:
    """Return the text without line ends, control characters and marks that reorder a line."""
    return " ".join(_UNFIT.sub("", text).split())


def _refuse_open(text: str) -> None:
    if "{{" in text:
        raise Invalid("A personal field has no end: “{{” without “}}”.")


def _field(written: str) -> str | PersonalField:
    """Return the field between the braces, or the string that stands for itself."""
    written = written.replace("\xa0", " ").strip()
    if written and not written.startswith(_STRIPPING) and not written.endswith(_STRIPPING):
        match _parsed(written):
            case nodes.Name(name=name):
                return PersonalField(_known(name))
            case nodes.Filter(
                node=nodes.Name(name=name),
                name="default" | "d",
                args=[nodes.Const(value=str(default))],
                kwargs=[],
                dyn_args=None,
                dyn_kwargs=None,
            ):
                return PersonalField(_known(name), one_line(default))
            case nodes.Const(value=str(text)):
                return text
    raise Invalid(
        "“{{ %(field)s }}” is not a personal field. There are {{ name }}, {{ list }} and "
        '{{ unsubscribe_url }}, and {{ name|default("member") }}.',
        field=one_line(written)[:80],
    )


def _parsed(written: str) -> nodes.Node | None:
    """Return the expression between the braces; None if it is none, or more than one."""
    try:
        body = _PARSER.parse(f"{{{{ {written} }}}}").body
    except (TemplateSyntaxError, RecursionError):
        return None
    match body:
        case [nodes.Output(nodes=[expression])]:
            return expression
    return None


def _known(name: str) -> str:
    if name in FIELDS:
        return name
    raise Invalid(
        "There is no personal field “%(field)s”: there are name, list and unsubscribe_url.",
        field=name[:80],
    )
