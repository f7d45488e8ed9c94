"""Paging of long lists."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlencode

from flask import request, url_for
from sqlalchemy import Select
from sqlalchemy.orm import Session

Row = TypeVar("Row")

ROWS = 50  # per page


@dataclass(frozen=True)
class Page(Generic[Row]):
    """One page of rows, and whether there are more; the total is not counted."""

    rows: Sequence[Row]
    number: int
    more: bool

    @staticmethod
    def url(number: int) -> str:
        """Return the URL of another page of the same search."""
        page = url_for(str(request.endpoint), **(request.view_args or {}))
        return with_query(page, page=str(number))


def with_query(path: str, **changed: str) -> str:
    """Return the URL of this path with the request's query, some parameters changed.

    `url_for` cannot add the query: anyone can type `_scheme`, an argument of its own.
    """
    query = request.args.to_dict(flat=False) | {name: [one] for name, one in changed.items()}
    return f"{path}?{urlencode(query, doseq=True)}" if query else path


def page_of(session: Session, query: Select[Row]) -> Page[Row]:
    """Return the page of `?page=2`; for an invalid number, the first one."""
    typed = request.args.get("page", "1")
    # PostgreSQL skips rows by reading them, so a longer number would take too long.
    number = max(1, int(typed)) if typed.isdecimal() and len(typed) <= 6 else 1
    rows = session.scalars(query.limit(ROWS + 1).offset((number - 1) * ROWS)).unique().all()
    return Page(rows[:ROWS], number, len(rows) > ROWS)
