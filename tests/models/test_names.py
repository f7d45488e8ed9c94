"""Names and descriptions have a limit, whatever they name."""

from collections.abc import Callable

import pytest

from models import Invalid, names

NAMES = [names.person_name, names.role_name, names.list_name, names.approver_list_name]


@pytest.mark.parametrize("check", NAMES)
def test_a_name_has_at_most_two_hundred_characters(check: Callable[[str], str]) -> None:
    longest = "é" * names.MAX_NAME

    assert check(f"  {longest} ") == longest
    for name in (longest + "x", "x" * 100_000):
        with pytest.raises(Invalid, match="at most 200 characters"):
            check(name)


def test_a_description_has_a_limit() -> None:
    longest = "x\n" * (names.MAX_DESCRIPTION // 2 - 1) + "xx"

    assert names.list_description(longest) == longest
    with pytest.raises(Invalid, match="at most 10,000 characters"):
        names.list_description(longest + "x")
