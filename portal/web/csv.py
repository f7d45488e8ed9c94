"""CSV lines (RFC 4180) that a spreadsheet program does not run as formulas."""

import csv
from collections.abc import Iterable
from io import StringIO

# A cell that begins with one of these is a formula to spreadsheet programs (OWASP, CSV injection).
BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def line(cells: Iterable[object]) -> str:
    """Return one line with its line end."""
    written = StringIO()
    csv.writer(written).writerow([cell(one) for one in cells])
    return written.getvalue()


def cell(value: object) -> str:
    """Return the value as text, with an apostrophe before what would be a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(BEGINS_FORMULA) else text
