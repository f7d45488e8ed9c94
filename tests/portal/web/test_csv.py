"""CSV that a spreadsheet program opens without running any of it."""

import csv
from io import StringIO

import pytest

from portal.web.csv import cell, line


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", -1])
def test_a_formula_is_exported_as_text(value: object) -> None:
    assert cell(value) == f"'{value}"


@pytest.mark.parametrize(("value", "text"), [("Ada", "Ada"), (7, "7"), (None, ""), ("a=1", "a=1")])
def test_everything_else_stays_as_it_is(value: object, text: str) -> None:
    assert cell(value) == text


def test_commas_quotes_and_line_ends_stay_in_their_cell() -> None:
    cells = ["a,b", 'say "hi"', "two\nlines", "é"]

    assert next(csv.reader(StringIO(line(cells), newline=""))) == cells
    assert line(cells).endswith("\r\n")
