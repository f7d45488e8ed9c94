"""Draws the pages that follow from the code; `make fix` draws them again."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from enum import StrEnum
from inspect import cleandoc
from pathlib import Path
from typing import Any, Final

from docs import draw_client
from docs.events import EXAMPLES, described
from models import (
    Delivery,
    Dispatch,
    EventDelivery,
    InboundMail,
    Language,
    LetterName,
    Lifecycle,
    Message,
    ModerationRequest,
    Notification,
    Sync,
)
from notifications.letters.samples import samples
from notifications.replies.vocabulary import VOCABULARY
from portal.wording.letter_names import LETTERS
from settings import Settings
from settings.secrets import SECRETS
from settings.types import UNITS
from workflows.public.declare import Operation
from workflows.tasks import PUBLIC

ROOT: Final = Path(__file__).parent.parent
KINDS: Final[list[type[Lifecycle]]] = [
    Message,
    ModerationRequest,
    Notification,
    Dispatch,
    Delivery,
    InboundMail,
    Sync,
    EventDelivery,
]


def states() -> str:
    """docs/states.md: every state and every move."""
    return "\n".join(
        [
            "# States",
            "",
            "Drawn from the `moves` of each class by `make fix`. A state changes only along an "
            "arrow: `move()`",
            "refuses every other change, and a trigger in PostgreSQL refuses it from any client.",
            *(line for kind in KINDS for line in diagram(kind)),
            "",
        ]
    )


def diagram(kind: type[Lifecycle]) -> Iterator[str]:
    """One class as a Mermaid state diagram, below the first line of its docstring."""
    assert kind.__doc__ is not None
    yield from ("", f"## {kind.__name__}", "", kind.__doc__.splitlines()[0], "")
    yield from ("```mermaid", "stateDiagram-v2")
    moves: Mapping[StrEnum | None, Any] = kind.moves
    for origin, targets in moves.items():
        for target in sorted(targets):
            yield f"    {origin.name if origin else '[*]'} --> {target.name}"
    for state in type(next(iter(moves[None]))):
        if state not in moves:
            yield f"    {state.name} --> [*]"
    yield "```"


def tasks() -> str:
    """docs/tasks.md: the tasks that other services may enqueue."""
    intro = (ROOT / "docs/tasks.intro.md").read_text()
    return intro + "\n".join(line for one in PUBLIC.values() for line in page(one))


def events() -> str:
    """docs/events.md: each kind of event with an example."""
    intro = (ROOT / "docs/events.intro.md").read_text()
    return intro + "\n".join(line for kind in EXAMPLES for line in described(kind)) + "\n"


def page(operation: Operation) -> Iterator[str]:
    """One public task: its arguments and its answer."""
    meaning = cleandoc(operation.arguments.__doc__ or "")
    yield from ("", f"## `{operation.name}`", "", meaning, "", f"Scope: `{operation.scope}`.", "")
    yield from ("| Argument | Type | Meaning |", "|---|---|---|")
    schema = operation.arguments.model_json_schema()
    for field, about in schema["properties"].items():
        notes = "" if field in schema["required"] else ", optional"
        notes += ", in the parcel" if field in operation.arguments.private_fields() else ""
        kind = kind_of(about, schema.get("$defs", {}))
        yield f"| `{field}` | {kind}{notes} | {about['description']} |"
    yield ""


def kind_of(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    """The JSON types, or the words, that a schema allows."""
    kinds = []
    for one in schema.get("anyOf", [schema]):
        named = definitions.get(one.get("$ref", "").rpartition("/")[2], one)
        kinds += [f"`{word}`" for word in named.get("enum", [])] or [named.get("type", "string")]
    return " or ".join(kind for kind in dict.fromkeys(kinds) if kind != "null")


def env_example() -> str:
    """.env.example: every setting with its meaning and default."""
    return "\n".join(
        [
            "# Every setting of Listgate, with its default. Copy this file to .env and change what",
            "# differs; the environment of a process counts more than the file. It can name a file",
            "# for each secret instead:",
            "# " + ", ".join(f"{name.upper()}_FILE" for name in SECRETS) + ".",
            *(line for name in Settings.model_fields for line in variable(name)),
            "",
        ]
    )


def variable(name: str) -> Iterator[str]:
    """One setting."""
    field = Settings.model_fields[name]
    assert field.description is not None
    default = field.default
    value = default.get_secret_value() if hasattr(default, "get_secret_value") else default
    yield from ("", f"# {field.description}.")
    yield f"# {name.upper()}=" if value is None else f"{name.upper()}={quoted(value)}"


def quoted(value: object) -> str:
    """A value as a shell and docker compose would read it back."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if isinstance(value, timedelta):
        text = duration_text(value)
    return f'"{text}"' if " " in text else text


def duration_text(duration: timedelta) -> str:
    """A duration as people write it, in the largest unit that it has several of: 24h, 2d, 60s."""
    seconds = int(duration.total_seconds())
    for unit, size in sorted(UNITS.items(), key=lambda each: -each[1]):
        if seconds % size == 0 and seconds // size > 1:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def replies() -> str:
    """docs/replies.md: its tables of words, in the text as it is."""
    page = (ROOT / "docs/replies.md").read_text()
    rows = {row.split(" | ")[0]: row for row in word_rows().values()}
    return "".join(f"{rows.get(line.split(' | ')[0], line)}\n" for line in page.splitlines())


def word_rows() -> dict[str, str]:
    """Rows for its tables: each kind of words, in a cell for each language that has it."""
    return {
        kind: f"| **{kind.replace('_', ' ')}** | {cells(kind)} |"
        for kind in next(iter(VOCABULARY.values()))
    }


def cells(kind: str) -> str:
    """The words of a kind, by language."""
    return " | ".join(
        " ".join(words[kind].split()) for words in VOCABULARY.values() if kind in words
    )


def letters() -> str:
    """docs/letters.md: every letter, and the variables of its templates."""
    known = samples(Language.ENGLISH)
    examples = {
        name: one for facts in reversed(list(known.values())) for name, one in facts.items()
    }
    return "\n".join(
        [
            "# Letters and their variables",
            "",
            "Drawn from the samples of `listgate letters show` by `make fix`. Each letter has the "
            "templates `subject.txt`,",
            "`body.txt`, `body.html` and `sms.txt` (Jinja), which may use its variables and "
            "`language` (en, fr or de). Any other",
            "variable is an error; `listgate letters check` finds it. A variable can be None or "
            "empty: test it with `{% if … %}`;",
            "`recipients` exists where `rest_of` is not None.",
            "",
            "| Letter | Is | Variables |",
            "|---|---|---|",
            *(f"| `{name}` | {LETTERS[name]} | {listed(known[name])} |" for name in LetterName),
            "",
            "| Variable | For example |",
            "|---|---|",
            *(f"| `{name}` | {example(examples[name])} |" for name in sorted(examples)),
            "",
        ]
    )


def listed(names: Iterable[str]) -> str:
    """Names as code, in the order of the alphabet."""
    return ", ".join(f"`{name}`" for name in sorted(names))


def words(value: object) -> str:
    """Return an entry of a list as text; of a mapping, the names of its values."""
    return ", ".join(value) if isinstance(value, dict) else str(value)


def example(value: object) -> str:
    """A value in one cell of a table."""
    text = "; ".join(map(words, value)) if isinstance(value, list) else str(value)
    return text.replace("\n", " ").replace("|", "\\|")


PAGES: Final[dict[str, Callable[[], str]]] = {
    "docs/events.md": events,
    "docs/letters.md": letters,
    "docs/states.md": states,
    "docs/tasks.md": tasks,
    "docs/replies.md": replies,
    ".env.example": env_example,
    **draw_client.PAGES,
}


def draw() -> None:
    """Write every page."""
    for name, content in PAGES.items():
        (ROOT / name).write_text(content())


if __name__ == "__main__":
    draw()
