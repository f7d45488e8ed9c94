"""Addresses: in their normal form, within the limits of mail, and no comment in a file."""

import time

import pytest

from models import Invalid
from models.addresses import (
    MAX_ADDRESS,
    MAX_LOCAL_PART,
    checked_address,
    detail_of,
    with_detail,
)


def test_an_address_within_the_limits_is_returned() -> None:
    for address in [
        "ada@example.org",
        "a" * MAX_LOCAL_PART + "@example.org",
        "é" * 32 + "@example.org",
        "a#@b.org",
    ]:
        assert checked_address(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "a" * (MAX_LOCAL_PART + 1) + "@example.org",
        "é" * 33 + "@example.org",  # 66 octets
        "a@" + "b." * 130 + "org",
        "a" * 1_000_000 + "@example.org",
        "a@" + "é" * 1_000_000,
    ],
    ids=len,
)
def test_an_address_beyond_them_is_refused_at_once(address: str) -> None:
    begun = time.process_time()

    with pytest.raises(Invalid, match="64 bytes before the @ sign, and 254 in all") as refusal:
        checked_address(address)

    assert time.process_time() - begun < 1
    assert (MAX_LOCAL_PART, MAX_ADDRESS) == (64, 254), "the sentence says so"
    assert "aaa" not in str(refusal.value)


def test_an_address_that_reads_as_a_comment_is_refused() -> None:
    with pytest.raises(Invalid, match="would be a comment"):
        checked_address("#ada@example.org")


def test_a_detail_is_added_and_read() -> None:
    assert with_detail("reply@example.org", "key") == "reply+key@example.org"
    assert detail_of("reply+key@example.org") == "key"
    assert detail_of(with_detail("a+b@example.org", "key")) == "key"
    for without in ("reply@example.org", "reply", "re+ply", ""):
        assert detail_of(without) == ""
