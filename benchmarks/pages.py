"""Request every page of the portal with a large database, compared with a page of one SELECT.

Requests go through WSGI, as the user who sees the most on the page; browser, proxy and network are
not measured.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter, time
from typing import Final

from flask import Flask, g
from flask.testing import FlaskClient
from rich.console import Console
from rich.table import Table
from sqlalchemy import event, text

from benchmarks.large_database import PEOPLE, seed_large_database, url_values
from benchmarks.results import Measured, report
from benchmarks.visits import Reader, Visit, files, visits
from models.database import engine
from portal.app import app

# Requests of each page, alternately with all others; the median is the result.
ROUNDS: Final = 15

# Compared with a page of one SELECT; unlike times, the ratio is portable.
GOAL: Final = 50.0

# A page with a statement per row would execute more than fifty; tests/portal/web/test_statements.py
# checks each page.
STATEMENTS_GOAL: Final = 20

# Seconds until the sessions end: longer than the benchmark.
SESSION_TIME: Final = 3600

BARE: Final = Visit("/bare", Reader.STRANGER)


@dataclass
class Asked:
    """The measurements of one page."""

    milliseconds: list[float] = field(default_factory=list)
    statements: int = 0
    size: int = 0  # bytes


def main() -> None:
    """Run the benchmark and report the results; print a table of all pages to stderr."""
    seed_large_database()
    values = url_values()
    pages, taken_along = [*visits(app, values)], [*files(app, values)]
    app.add_url_rule(BARE.path, "bare", lambda: str(g.session.scalar(text("select 1"))))
    clients = {reader: a_client(app, reader) for reader in Reader}
    measured = measure([*pages, BARE], clients, rounds=ROUNDS)
    bare = median(measured.pop(BARE).milliseconds)
    show(measured, "page")
    show(measure(taken_along, clients, rounds=3), "file")
    report(*results(measured, bare))


def a_client(app: Flask, reader: Reader) -> FlaskClient:
    """Return a client that is logged in; a stranger's has only given the password so far."""
    client = app.test_client()
    pending = {"stamp": "stamp-1", "how": "password", "until": time() + SESSION_TIME}
    who = PEOPLE.get(reader)
    logged_in = {"_user_id": f"stamp-{who}", "session_id": f"session-{who}", "_fresh": True}
    with client.session_transaction() as cookie:
        cookie.update({"pending_log_in": pending} if reader is Reader.STRANGER else logged_in)
    return client


def measure(
    asked_for: list[Visit], clients: dict[Reader, FlaskClient], *, rounds: int
) -> dict[Visit, Asked]:
    """Request each page once to warm up, and then `rounds` times."""
    found = {visit: Asked() for visit in asked_for}
    for number in range(rounds + 1):
        for visit, asked in found.items():
            with statements() as sent:
                began = perf_counter()
                answer = clients[visit.reader].get(visit.path)
                size = len(answer.get_data())
                taken = (perf_counter() - began) * 1000
            assert answer.status_code == 200, (visit.path, answer.status)
            if number:
                asked.milliseconds.append(taken)
            asked.statements, asked.size = len(sent), size
    return found


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collect the statements that the block executes."""
    sent: list[str] = []

    def note(*call: object) -> None:
        sent.append(str(call[2]))

    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


def show(measured: dict[Visit, Asked], what: str) -> None:
    """Print the table to stderr, slowest first."""
    table = Table(what, "median", "statements", "size", box=None, header_style="bold")
    for visit, asked in sorted(measured.items(), key=lambda one: -median(one[1].milliseconds)):
        table.add_row(
            visit.path,
            f"{median(asked.milliseconds):.1f} ms",
            str(asked.statements),
            f"{asked.size / 1000:.0f} kB",
        )
    Console(stderr=True, highlight=False, width=140).print(table)


def results(measured: dict[Visit, Asked], bare: float) -> Iterator[Measured]:
    """Return the time of the slowest page, and the most statements of any page."""
    slowest, asked = max(measured.items(), key=lambda one: median(one[1].milliseconds))
    worst = median(asked.milliseconds)
    most = max(one.statements for one in measured.values())
    yield Measured(f"the slowest of {len(measured)} pages, {slowest.path}", worst, bare, "ms", GOAL)
    yield Measured("the most statements of a page", most, None, "", STATEMENTS_GOAL)


if __name__ == "__main__":
    main()
