"""Keys are derived from a row and the secret, and cannot be guessed."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.letters.keys import Keys, hashed

SECRET = b"a secret of at least 32 characters"
KEYS = Keys(SECRET)
IDS = st.integers(min_value=1, max_value=2**63 - 1)


@given(IDS)
def test_a_token_has_26_lower_case_base32_characters(keys_id: int) -> None:
    for token in (KEYS.reply_token(keys_id), KEYS.link_token(keys_id)):
        assert re.fullmatch(r"[a-z2-7]{26}", token)


@given(IDS)
def test_a_code_has_six_digits(keys_id: int) -> None:
    assert re.fullmatch(r"[0-9]{6}", KEYS.code(keys_id))


def test_the_same_row_has_the_same_keys() -> None:
    again = Keys(SECRET)

    assert KEYS.reply_token(7) == again.reply_token(7)
    assert KEYS.code(7) == again.code(7)


def test_no_two_keys_are_alike() -> None:
    tokens = [make(n) for n in range(1, 500) for make in (KEYS.reply_token, KEYS.link_token)]

    assert len(set(tokens)) == len(tokens)


def test_another_secret_makes_other_keys() -> None:
    other = Keys(b"another secret of at least 32 chars")

    assert KEYS.link_token(7) != other.link_token(7)


def test_codes_are_spread_evenly() -> None:
    first_digits = [KEYS.code(n)[0] for n in range(5000)]

    assert all(400 < first_digits.count(digit) < 600 for digit in "0123456789")


def test_a_secret_that_could_be_guessed_is_refused(subtests: pytest.Subtests) -> None:
    for secret in [b"", b"short", b"x" * 31]:
        with (
            subtests.test(secret=secret),
            pytest.raises(ValueError, match="SECRET_KEY needs at least 32"),
        ):
            Keys(secret)


def test_a_secret_is_not_shown() -> None:
    assert "secret" not in repr(KEYS).replace("secret=", "")
    assert hashed(KEYS.link_token(7)) != KEYS.link_token(7)
