"""The table of `make bench` shows what was measured, on servers with the settings it names."""

import smtplib
from contextlib import closing
from importlib import import_module

import psycopg2
import pytest
from sqlalchemy import make_url

from benchmarks.__main__ import BENCHMARKS, OPTIONAL, cells
from benchmarks.durable import DURABLE, DurablePostgres
from benchmarks.measuring import in_turn
from benchmarks.results import Measured, parse, report
from benchmarks.sink import delivered, sink


def measured(ours: float, bare: float | None, goal: float) -> Measured:
    """A result in seconds."""
    return Measured("an import", ours, bare, "s", goal)


@pytest.mark.parametrize(
    ("ours", "bare", "met"), [(3.0, 1.0, True), (3.1, 1.0, False), (2.0, None, True)]
)
def test_a_goal_is_met_by_the_ratio_or_without_comparison_by_ours(
    ours: float, bare: float | None, met: bool
) -> None:
    assert measured(ours, bare, 3.0).met is met


def test_a_row_has_both_sides_their_ratio_and_the_goal() -> None:
    assert cells(measured(5.0, 2.0, 3.0)) == ("an import", "5 s", "2 s", "2.50", "≤ 3", "met")
    assert cells(measured(1.0, 120.0, 0.01))[3:] == ("0.0083", "≤ 0.01", "met")
    assert cells(measured(5.0, None, 3.0)) == ("an import", "5 s", "-", "-", "≤ 3 s", "MISSED")


def test_a_report_can_be_parsed(capsys: pytest.CaptureFixture[str]) -> None:
    results = [measured(1.5, 1.0, 3.0), measured(1.5, None, 3.0)]

    report(*results)

    assert [parse(line) for line in capsys.readouterr().out.splitlines()] == results


def test_the_medians_of_both_sides_are_taken_round_by_round() -> None:
    order: list[str] = []

    def ours(number: int) -> float:
        order.append(f"ours{number}")
        return [9.0, 1.0, 2.0][number]

    def bare(number: int) -> float:
        order.append(f"bare{number}")
        return [1.0, 1.0, 5.0][number]

    assert in_turn(ours, bare) == (2.0, 1.0)
    assert order == ["ours0", "bare0", "ours1", "bare1", "ours2", "bare2"]


def test_postgresql_is_as_durable_as_the_table_says() -> None:
    with DurablePostgres() as server:
        dsn = make_url(server.url).set(drivername="postgresql").render_as_string()
        with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
            for name, value in DURABLE.items():
                cursor.execute(f"show {name}")
                assert cursor.fetchone() == (value,)


def test_the_sink_counts_the_recipients_of_complete_mails() -> None:
    with sink() as url:
        server = url.removeprefix("smtp://")
        host, port = server.split(":")
        with smtplib.SMTP(host, int(port)) as smtp:
            smtp.sendmail("a@example.org", ["b@example.org", "c@example.org"], b"Subject: 1\r\n")
            smtp.sendmail("a@example.org", ["d@example.org"], b"Subject: 2\r\n")
            smtp.mail("a@example.org")
            smtp.rcpt("e@example.org")

        assert delivered(server) == 3


@pytest.mark.parametrize("name", BENCHMARKS | OPTIONAL)
def test_every_benchmark_can_be_run(name: str) -> None:
    assert callable(import_module(f"benchmarks.{name}").main)
