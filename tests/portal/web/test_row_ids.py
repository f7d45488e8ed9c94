"""The pattern of the numbers in URLs: from 0 to the largest id, and no further."""

import re

from hypothesis import example, given
from hypothesis import strategies as st

from models.ids import MAX_ID
from portal.web.row_ids import RowId, up_to


@given(st.integers(min_value=10, max_value=10**20), st.integers(min_value=0, max_value=10**21))
@example(MAX_ID, MAX_ID)
@example(MAX_ID, MAX_ID + 1)
@example(100, 99)
@example(10, 9)
def test_a_number_matches_if_it_is_not_larger(largest: int, number: int) -> None:
    assert bool(re.fullmatch(up_to(largest), str(number))) is (number <= largest)


def test_only_digits_of_ascii_match() -> None:
    for text in ("", "-1", "+1", "1.0", "\N{ARABIC-INDIC DIGIT ONE}", "9" * 5000):
        assert not re.fullmatch(RowId.regex, text)
