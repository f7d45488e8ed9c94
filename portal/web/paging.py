"""A long list, one page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from flask import request, url_for
from sqlalchemy import Select
from sqlalchemy.orm import Session

Row = TypeVar("Row")

ROWS = 50  # as many as one scrolls through; a page of them stays far below 100 ms


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows of many; whether there are more is known without counting them all."""

    rows: Sequence[Row]
    number: int
    more: bool

    @staticmethod
    def url(number: int) -> str:
        """The address of another page of the same search."""
        asked: dict[str, Any] = {**request.args.to_dict(flat=False), "page": number}
        return url_for(str(request.endpoint), **(request.view_args or {}), **asked)


def page_of(session: Session, found: Select[Row]) -> Page[Row]:
    """The page that the address asks for (`?page=2`); a number that is none is the first."""
    asked = request.args.get("page", "1")
    # A number of six digits is more pages than PostgreSQL would count through in time.
    number = max(1, int(asked)) if asked.isdecimal() and len(asked) <= 6 else 1
    rows = session.scalars(found.limit(ROWS + 1).offset((number - 1) * ROWS)).unique().all()
    return Page(rows[:ROWS], number, len(rows) > ROWS)
