"""Rights open what the table says they open, alone and nothing else."""

import pytest

from tests.portal.matrix.holders import OTHER, TABLE, with_rights, with_rights_on, without
from tests.portal.matrix.installation import Installation
from tests.portal.matrix.table import KINDS, Line, lines

GUARDED = [line for line in lines("GET", "POST") if line.rights]
# Numbers of messages are no secret; those of other things are, to users without the right for them.
BEHIND_A_RIGHT = [
    line
    for line in GUARDED
    if "{" in line.path and len(line.rights) == 1 and not line.path.startswith("/messages/")
]
NOWHERE = "999999"


# Where a right that a person has there, and nowhere else, opens nothing.
USELESS = {"": TABLE, "@": OTHER, "@any": ""}


@pytest.mark.parametrize("line", GUARDED, ids=str)
def test_rights_open_what_they_are_for_alone_and_on_a_list_where_the_table_says(
    installation: Installation, line: Line
) -> None:
    holders = [with_rights(installation, *line.rights)]
    if line.where:
        holders.append(with_rights_on(installation, TABLE, *line.rights))
    marks = []

    for holder in holders:
        with installation.undone():
            marks.append(installation.mark(line, holder))

    assert set(marks) == {line.marks[KINDS.index("barbara")]}


@pytest.mark.parametrize("line", GUARDED, ids=str)
def test_all_the_other_rights_open_nothing_nor_does_the_right_at_another_place(
    installation: Installation, line: Line
) -> None:
    place = USELESS[line.where]
    others = [without(installation, right, but_on=place) for right in line.rights]
    before = installation.rows(refusals=False)

    marks = {who: installation.mark(line, who) for who in others}

    assert set(marks.values()) == {"-"}
    assert installation.rows(refusals=False) == before


@pytest.mark.parametrize("line", BEHIND_A_RIGHT, ids=str)
def test_a_user_without_the_right_does_not_learn_which_rows_exist(
    installation: Installation, line: Line
) -> None:
    (right,) = line.rights
    other = without(installation, right, but_on=USELESS[line.where])
    holder = with_rights(installation, right)
    nothing = dict.fromkeys(installation.things, NOWHERE)

    nowhere = line._replace(path=line.path.format_map(nothing))

    assert (installation.mark(nowhere, other), installation.mark(nowhere, holder)) == ("-", "0")
