"""Row ids read from text: all that a bigint key can have, and nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from models.ids import MAX_ID, row_id


@given(st.integers(min_value=1, max_value=MAX_ID))
def test_an_id_is_read_from_its_digits(number: int) -> None:
    assert row_id(str(number)) == number


@given(st.integers(max_value=0) | st.integers(min_value=MAX_ID + 1))
def test_an_id_out_of_range_is_not_found(number: int) -> None:
    assert row_id(str(number)) is None


def test_an_id_that_is_not_in_digits_is_not_found() -> None:
    for text in ["", "x", "1.0", "+1", " 1", "1_0", "²", "9" * 5000]:
        assert row_id(text) is None
