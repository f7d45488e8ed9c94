"""Ask for every page of the portal in a full house, against a page of one SELECT.

Each is asked for through WSGI, as the person who sees most on it; what a browser, a proxy and the
network take is not ours.
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

from benchmarks.full_house import PEOPLE, places, seed_full_house
from benchmarks.results import Measured, hand_in
from benchmarks.visits import Reader, Visit, files, visits
from models.database import engine
from portal.app import app

# Each page is asked for so often, in turn with all others; the median counts.
ROUNDS: Final = 15

# What a person does not notice.
GOAL: Final = 100.0  # ms

# Beside a page that does nothing; the ratio travels to other machines.
RATIO_GOAL: Final = 50.0

# Far below what a page with a statement per row would send for its fifty rows; each page is held to
# it by tests/portal/web/test_statements.py.
STATEMENTS_GOAL: Final = 20

# More seconds than it takes to measure.
LONGEST: Final = 3600

BARE: Final = Visit("/bare", Reader.STRANGER)


@dataclass
class Asked:
    """What a page has taken, each time."""

    milliseconds: list[float] = field(default_factory=list)
    statements: int = 0
    size: int = 0  # bytes


def main() -> None:
    """Measure it, and hand it in; the table of all pages goes to where a person sees it."""
    seed_full_house()
    there = places()
    pages, taken_along = [*visits(app, there)], [*files(app, there)]
    app.add_url_rule(BARE.path, "bare", lambda: str(g.session.scalar(text("select 1"))))
    clients = {reader: a_client(app, reader) for reader in Reader}
    measured = measure([*pages, BARE], clients, rounds=ROUNDS)
    bare = median(measured.pop(BARE).milliseconds)
    show(measured, "page")
    show(measure(taken_along, clients, rounds=3), "file")
    hand_in(*results(measured, bare))


def a_client(app: Flask, reader: Reader) -> FlaskClient:
    """The browser of somebody who has logged in; a stranger has got as far as the second factor."""
    client = app.test_client()
    half_way = {"stamp": "stamp-1", "how": "password", "until": time() + LONGEST}
    logged_in = {"_user_id": f"stamp-{PEOPLE.get(reader)}", "_fresh": True}
    with client.session_transaction() as cookie:
        cookie.update({"half_way": half_way} if reader is Reader.STRANGER else logged_in)
    return client


def measure(
    asked_for: list[Visit], clients: dict[Reader, FlaskClient], *, rounds: int
) -> dict[Visit, Asked]:
    """Ask for everything once to be warm, and then so often."""
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
    """What is sent to the database meanwhile."""
    sent: list[str] = []

    def note(*call: object) -> None:
        sent.append(str(call[2]))

    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


def show(measured: dict[Visit, Asked], what: str) -> None:
    """Print the table, the slowest first."""
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
    """How slow the slowest page is, and how many statements any of them sends."""
    slowest, asked = max(measured.items(), key=lambda one: median(one[1].milliseconds))
    worst = median(asked.milliseconds)
    most = max(one.statements for one in measured.values())
    yield Measured(f"the slowest of {len(measured)} pages, {slowest.path}", worst, None, "ms", GOAL)
    yield Measured("the same, beside a page of one SELECT", worst, bare, "ms", RATIO_GOAL)
    yield Measured("statements of the page that sends most", most, None, "", STATEMENTS_GOAL)


if __name__ == "__main__":
    main()
