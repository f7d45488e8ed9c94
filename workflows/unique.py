"""Values that may exist once: of two transactions that want one at once, the second is refused."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

Value = TypeVar("Value")


@contextmanager
def unique(session: Session, free: Callable[[], Value]) -> Iterator[Value]:
    """Yield `free()`, and write the block's changes under a savepoint.

    `free` returns a value, or raises Invalid if it is taken.  Two transactions may both find it
    free: the second one then waits at the constraint for the first, and asks `free` again.
    """
    value = free()
    try:
        with session.begin_nested():
            yield value
    except IntegrityError:
        free()
        raise
