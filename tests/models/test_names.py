"""Names and descriptions have a limit, whatever they name."""

import pytest

from models import Invalid, names

NAMES = [names.person_name, names.role_name, names.list_name, names.approver_list_name]


def test_a_name_has_at_most_two_hundred_characters(subtests: pytest.Subtests) -> None:
    for check in NAMES:
        longest = "é" * names.MAX_NAME

        assert check(f"  {longest} ") == longest
        for name in (longest + "x", "x" * 100_000):
            with subtests.test(check=check), pytest.raises(Invalid, match="at most 200 characters"):
                check(name)


def test_a_description_has_a_limit() -> None:
    longest = "x\n" * (names.MAX_DESCRIPTION // 2 - 1) + "xx"

    assert names.list_description(longest) == longest
    with pytest.raises(Invalid, match="at most 10,000 characters"):
        names.list_description(longest + "x")
