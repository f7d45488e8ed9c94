"""A token names two ids, to us only."""

from hypothesis import given
from hypothesis import strategies as st

from models.ids import MAX_ID
from notifications.mime.sealed_ids import SealedIds

SEALED = SealedIds(b"a key of the tests", "unsubscribe")
ids = st.integers(1, MAX_ID)


@given(ids, ids)
def test_a_token_opens_to_its_ids_in_any_case(first: int, second: int) -> None:
    token = SEALED.seal(first, second)

    assert SEALED.open(token) == SEALED.open(token.upper()) == (first, second)
    assert SEALED.open(token[:-1]) is None
    assert SealedIds(b"a key of the tests", "bounce").open(token) != (first, second)
    assert SealedIds(b"another key", "unsubscribe").open(token) != (first, second)


@given(st.text(max_size=30) | st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=26, max_size=26))
def test_what_was_not_sealed_names_no_row(guess: str) -> None:
    opened = SEALED.open(guess)

    assert opened is None or max(opened) > MAX_ID or SEALED.seal(*opened) == guess.lower()


def test_a_token_with_a_character_that_is_not_in_base32_names_no_row() -> None:
    for foreign in ["0", "1", "8", "9", "=", " ", "-"]:
        token = SEALED.seal(1, 2)

        assert SEALED.open(foreign + token[1:]) is None
        assert SEALED.open(token[:-1] + foreign) is None


def test_tokens_of_neighbours_have_nothing_in_common() -> None:
    tokens = [SEALED.seal(1, number) for number in range(1, 100)]

    assert len({token[:6] for token in tokens}) == len(tokens)
