"""Row ids: the numbers that a bigint key can have."""

from typing import Final

MAX_ID: Final = 2**63 - 1


def row_id(text: str) -> int | None:
    """Return the row id that `text` writes in decimal digits, or None if no row can have it."""
    digits = len(str(MAX_ID))
    number = int(text) if text.isdecimal() and len(text) <= digits else 0
    return number if 0 < number <= MAX_ID else None
