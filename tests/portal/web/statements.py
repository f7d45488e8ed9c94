"""Count the statements that a page sends to the database."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, event


@contextmanager
def counted() -> Iterator[Callable[[], int]]:
    """Count the statements sent inside, by any engine; the answer is `count()`."""
    with recorded() as sent:
        yield lambda: len(sent)


@contextmanager
def recorded() -> Iterator[list[str]]:
    """Collect the statements sent inside, by any engine."""
    sent: list[str] = []

    def note(*arguments: object) -> None:
        statement = str(arguments[2])
        # The savepoints are the tests' own.
        if "SAVEPOINT" not in statement.upper():
            sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)
