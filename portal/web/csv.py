"""Lines of a CSV file (RFC 4180) that a spreadsheet program opens without running any of it."""

import csv
from collections.abc import Iterable
from io import StringIO

# A cell that begins with one of these is a formula to Excel and its like (OWASP, CSV injection).
BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def line(cells: Iterable[object]) -> str:
    """One line with its end."""
    written = StringIO()
    csv.writer(written).writerow([cell(one) for one in cells])
    return written.getvalue()


def cell(value: object) -> str:
    """The value as text; an apostrophe tells a spreadsheet that the rest is no formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(BEGINS_FORMULA) else text
