"""Parcels: read again and again, refused when they are gone, and never quoted."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from workflows.public import claim_check
from workflows.public.claim_check import NoParcel, content, place
from workflows.redis_client import redis_client


@pytest.fixture
def parcel() -> Iterator[UUID]:
    number = uuid4()
    yield number
    redis_client.delete(place(number))


def test_a_parcel_is_found_as_often_as_it_is_looked_for(parcel: UUID) -> None:
    redis_client.set(place(parcel), "Ünal@bücher.example", ex=60)

    assert [content(parcel) for _ in range(3)] == ["Ünal@bücher.example"] * 3


def test_the_number_may_be_written_as_the_caller_likes(parcel: UUID) -> None:
    redis_client.set(f"listgate:parcel:{parcel}", "ada@example.org", ex=60)

    assert content(UUID(str(parcel).upper())) == "ada@example.org"


def test_a_parcel_that_is_not_there_is_to_be_sent_again(parcel: UUID) -> None:
    with pytest.raises(NoParcel, match="send them again"):
        content(parcel)


def test_a_value_that_is_not_text_is_refused_and_not_quoted(parcel: UUID) -> None:
    redis_client.set(place(parcel), b"ada@example.org\xff", ex=60)

    with pytest.raises(NoParcel, match="not UTF-8 text") as refusal:
        content(parcel)

    assert "ada" not in str(refusal.value)
    assert refusal.value.__suppress_context__


def test_a_value_that_is_too_long_is_refused_and_not_cut_off(
    parcel: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claim_check, "LONGEST", 1000)
    redis_client.set(place(parcel), "x" * 1000, ex=60)
    assert len(content(parcel)) == 1000
    redis_client.set(place(parcel), "x" * 1001, ex=60)

    with pytest.raises(NoParcel, match="at most 1000 bytes"):
        content(parcel)
