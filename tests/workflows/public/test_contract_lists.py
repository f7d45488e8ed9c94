"""Public tasks about lists and people check short names, ids and claim checks."""

from typing import Any

import pytest

from models import Invalid
from workflows.public.call import parcel_id, require_public, unpacked
from workflows.public.lists import PushList
from workflows.public.people import AddPerson, ChangeAddress
from workflows.public.subscriptions import MAX_USER_IDS, ImportSubscribers

PARCEL = "0f8fad5b-d9cb-469f-a165-70867728950e"
MAX_USER_IDS_IDS = {"idempotency_key": "k", "list": "a", "by_id": 2}
MOVE = {"idempotency_key": "k", "user_id": 1, "by_id": 2}


@pytest.mark.parametrize(
    "wrong", [[], None, 1, "1", [0], [1, "2"], [1.0], [True], [2**63], [[1]], {"1": 1}], ids=repr
)
def test_user_ids_are_a_list_of_some_ids(wrong: Any) -> None:
    with pytest.raises(Invalid, match=r"^user_ids"):
        ImportSubscribers.read({**MAX_USER_IDS_IDS, "user_ids": wrong})


def test_a_call_carries_many_ids_but_no_more() -> None:
    call = ImportSubscribers.read({**MAX_USER_IDS_IDS, "user_ids": [*range(1, MAX_USER_IDS + 1)]})

    assert len(call.user_ids) == MAX_USER_IDS
    with pytest.raises(Invalid, match=r"^user_ids: "):
        ImportSubscribers.read({**MAX_USER_IDS_IDS, "user_ids": [*range(1, MAX_USER_IDS + 2)]})


def test_a_parcel_is_a_number_and_never_an_address(subtests: pytest.Subtests) -> None:
    for wrong in ["ada@example.org", "", "42", 42, PARCEL[:-1], [PARCEL]]:
        with (
            subtests.test(wrong=wrong),
            pytest.raises(Invalid, match="The parcel must be a UUID") as refusal,
        ):
            parcel_id({**MOVE, "parcel": wrong})

        assert "ada" not in str(refusal.value)


def test_a_private_argument_is_refused_in_a_task() -> None:
    with pytest.raises(Invalid, match="Put address into the parcel") as refusal:
        require_public(ChangeAddress, {**MOVE, "address": "ada@example.org"})

    assert "ada" not in str(refusal.value)
    require_public(ChangeAddress, {**MOVE, "parcel": PARCEL})


def test_a_parcel_is_the_private_argument_itself_where_there_is_one() -> None:
    whole = unpacked(ChangeAddress, {**MOVE, "parcel": PARCEL}, "ada@example.org")

    assert ChangeAddress.read(whole).address == "ada@example.org"


def test_a_parcel_is_otherwise_an_object_with_the_private_arguments(
    subtests: pytest.Subtests,
) -> None:
    for wrong in ["", "[]", '{"by_id": 1}', "[" * 100_000]:
        with (
            subtests.test(wrong=wrong),
            pytest.raises(Invalid, match="these names only: address, name, phone"),
        ):
            unpacked(AddPerson, {"parcel": PARCEL}, wrong)


def test_a_short_name_is_a_short_text(subtests: pytest.Subtests) -> None:
    for wrong in ["a\0b", "x" * 65, 7, None, ["a"]]:
        with subtests.test(wrong=wrong), pytest.raises(Invalid, match=r"^list: "):
            PushList.read({"idempotency_key": "k", "list": wrong, "by_id": 2})
