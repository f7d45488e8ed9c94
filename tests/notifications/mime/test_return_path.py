"""A return path names one letter or one copy, to us only."""

from hypothesis import given
from hypothesis import strategies as st

from models.ids import MAX_ID
from notifications.mime.return_path import ReturnedCopy, ReturnedLetter, ReturnPaths
from settings import MAX_BEFORE_TOKEN

PATHS = ReturnPaths(b"a key of the tests", "bounces@lists.example.org")
OTHER = ReturnPaths(b"another key", "bounces@lists.example.org")

marks = st.none() | st.integers(1, 2**48 - 1).map(lambda number: f"{number:012x}")


@given(st.integers(1, MAX_ID), marks)
def test_the_address_of_a_letter_names_it_in_any_case(number: int, mark: str | None) -> None:
    address = PATHS.of_letter(number, mark)

    assert PATHS.read(address) == PATHS.read(address.upper()) == ReturnedLetter(number, mark)
    assert OTHER.read(address) != ReturnedLetter(number, mark)


@given(st.integers(1, 2**39 - 1), marks, st.integers(1, 2**40 - 1))
def test_the_address_of_a_copy_names_message_and_person(
    message: int, mark: str | None, person: int
) -> None:
    address = PATHS.of_copies(message, mark)(person)

    assert PATHS.read(address) == PATHS.read(address.upper()) == ReturnedCopy(message, person, mark)
    assert OTHER.read(address) != ReturnedCopy(message, person, mark)


@given(st.text(max_size=40) | st.from_regex(r"[a-z2-7]{26}", fullmatch=True))
def test_a_guess_is_read_and_names_no_letter(guess: str) -> None:
    read = PATHS.read(f"bounces+{guess}@lists.example.org")

    assert read is None or isinstance(read, ReturnedCopy | ReturnedLetter)
    assert PATHS.read(guess) is None or "@" in guess


def test_the_longest_address_fits_into_a_local_part() -> None:
    longest = ReturnPaths(b"key", "x" * MAX_BEFORE_TOKEN + "@example.org")

    assert len(longest.of_copies(2**39 - 1, "f" * 12)(2**40 - 1).partition("@")[0]) == 64


def test_without_tokens_every_address_is_the_plain_one() -> None:
    plain = ReturnPaths(b"key", "bounces@example.org", tokens=False)

    assert plain.of_letter(7, "0123456789ab") == "bounces@example.org"
    assert plain.of_copies(7, "0123456789ab")(3) == "bounces@example.org"
    assert PATHS.of_copies(2**39, "0123456789ab")(3) == "bounces@lists.example.org"


def test_an_envelope_sender_of_nobody_gets_no_token() -> None:
    assert ReturnPaths(b"key").of_letter(7, None) == ""
