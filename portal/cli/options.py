"""Arguments and options that several commands share, and how commands print."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from models import Actor, Door
from models.ids import row_id
from workflows import access
from workflows.transaction import transaction

# What people wrote must not be interpreted as markup or emoji.
console = Console(markup=False, emoji=False, highlight=False)

PIPE_WIDTH = 10_000  # characters: wider than any row


def row_number(text: str) -> int:
    """Parse the number of a message, a request or a mail."""
    number = row_id(text)
    if number is None:
        raise typer.BadParameter("nothing has this number")
    return number


As = Annotated[str, typer.Option("--as", metavar="ADDRESS", help="The person who acts.")]
By = Annotated[
    str | None,
    typer.Option("--as", metavar="ADDRESS", help="The person who acts; by default the operator."),
]
Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="A user's address.")]
Addresses = Annotated[list[str], typer.Argument(metavar="ADDRESS...", help="Users' addresses.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")]
RoleName = Annotated[str, typer.Argument(metavar="ROLE", help="A role's name.")]
ShortName = Annotated[str, typer.Argument(metavar="LIST", help="A list's short name.")]
SomeShortName = Annotated[
    str | None, typer.Argument(metavar="[LIST]", help="A list's short name; by default, all lists.")
]
MessageId = Annotated[
    int, typer.Argument(parser=row_number, metavar="MESSAGE", help="A message's number.")
]
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
SpanOption = Annotated[
    str | None,
    typer.Option(
        "--evenly", metavar="SPAN", help="3h: spread evenly over 3 hours, or 90m; or none."
    ),
]
RequestId = Annotated[
    int, typer.Argument(parser=row_number, metavar="REQUEST", help="A request's number.")
]


def instant(text: str) -> datetime:
    """Parse an ISO 8601 time, as in 2027-01-31T09:00+01:00."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("write it as in 2027-01-31T09:00+01:00") from None


def local(moment: datetime) -> str:
    """Format a time in the zone of this machine."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")


def number(count: int | None) -> str:
    """Format a number; a dash for None."""
    return "-" if count is None else str(count)


def counted(count: int, one: str, many: str = "") -> str:
    """Format a count: 1 member, 2 members."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def plain(text: str) -> str:
    """Return the text in one line and without control characters for the terminal."""
    return "".join(each if each.isprintable() else " " for each in text)


def say(text: str) -> None:
    """Print a sentence on a line of its own."""
    console.print(plain(text), soft_wrap=True)


@contextmanager
def acting() -> Iterator[tuple[Session, Callable[[str], None]]]:
    """Open a transaction; yields it and a function that prints a sentence after the commit."""
    sentences: list[str] = []
    with transaction() as session:
        yield session, sentences.append
    for sentence in sentences:
        say(sentence)


def actor_as(session: Session, address: str) -> Actor:
    """The person of `--as`, who acts at the command line; raises Unknown, Trespass if disabled."""
    return access.actor_with_address(session, address, Door.COMMAND_LINE)


def actor_of(session: Session, address: str | None) -> Actor:
    """Return the person of `--as`, or the local operator."""
    return actor_as(session, address) if address else Actor.operator()


def show(*columns: str, rows: list[tuple[str, ...]], empty: str) -> None:
    """Print a table, or `empty` if it has no rows.

    In a terminal long cells are wrapped; in a pipe each row is one line.
    """
    if not rows:
        say(empty)
        return
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*map(plain, row))
    if not console.is_terminal:
        console.width = PIPE_WIDTH
    console.print(table)
