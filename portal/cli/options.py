"""Arguments and options that several commands share, and what they print with."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from models import Actor, Door, Rate, SendoutRules, Window
from workflows import access
from workflows.transaction import transaction

# Nothing that people wrote is taken for markup, emoji or a number to colour.
console = Console(markup=False, emoji=False, highlight=False)

WIDE = 10_000  # characters: wider than any row

# What takes a rate or a window away.
NONE = "none"

As = Annotated[str, typer.Option("--as", metavar="ADDRESS", help="The person who acts.")]
Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="A user's address.")]
Addresses = Annotated[list[str], typer.Argument(metavar="ADDRESS...", help="Users' addresses.")]
RoleName = Annotated[str, typer.Argument(metavar="ROLE", help="A role's name.")]
ShortName = Annotated[str, typer.Argument(metavar="LIST", help="A list's short name.")]
MessageId = Annotated[int, typer.Argument(metavar="MESSAGE", help="A message's number.")]
RateOption = Annotated[
    str | None,
    typer.Option(metavar="COPIES/MINUTES", help="500/30: at most 500 in 30 minutes; or none."),
]
WindowOption = Annotated[
    str | None,
    typer.Option(
        metavar="OPENS-CLOSES", help="22:00-06:00: only then, in the zone of TIME_ZONE; or none."
    ),
]
RequestId = Annotated[int, typer.Argument(metavar="REQUEST", help="A request's number.")]


def instant(text: str) -> datetime:
    """An ISO 8601 time, as in 2027-01-31T09:00+01:00."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("write it as in 2027-01-31T09:00+01:00") from None


def with_options(rules: SendoutRules, rate: str | None, window: str | None) -> SendoutRules:
    """The rules with what the options say; what is not given stays, and `none` takes away."""
    if rate is not None:
        rules = replace(rules, rate=None if rate == NONE else Rate.read(rate))
    if window is not None:
        rules = replace(rules, windows=None if window == NONE else (Window.read(window),))
    return rules


def local(moment: datetime) -> str:
    """An instant as the person at this machine reads it, with the zone shown."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")


def number(count: int | None) -> str:
    """A number, or a dash for none."""
    return "-" if count is None else str(count)


def counted(count: int, one: str, many: str = "") -> str:
    """A number and what is counted: 1 member, 2 members."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def plain(text: str) -> str:
    """A stranger's words in one line, and no order to the terminal among them."""
    return "".join(each if each.isprintable() else " " for each in text)


def say(text: str) -> None:
    """Print a sentence as it is, on a line of its own."""
    console.print(plain(text), soft_wrap=True)


@contextmanager
def acting() -> Iterator[tuple[Session, Callable[[str], None]]]:
    """A transaction, and what says a sentence once it has committed: not before it is true."""
    said: list[str] = []
    with transaction() as session:
        yield session, said.append
    for sentence in said:
        say(sentence)


def actor_as(session: Session, address: str) -> Actor:
    """The person of `--as`, who acts at the command line; raises Unknown, Trespass if disabled."""
    return access.actor_with_address(session, address, Door.COMMAND_LINE)


def show(*columns: str, rows: list[tuple[str, ...]], empty: str) -> None:
    """Print a table, or what to do while there is nothing in it.

    Into a pipe each row goes whole and in one line; in a terminal long cells are wrapped.
    """
    if not rows:
        say(empty)
        return
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*map(plain, row))
    if not console.is_terminal:
        console.width = WIDE
    console.print(table)
