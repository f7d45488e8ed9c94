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


@pytest.mark.parametrize("line", GUARDED, ids=str)
def test_a_right_alone_opens_what_it_is_for(installation: Installation, line: Line) -> None:
    holder = with_rights(installation, *line.rights)

    with installation.undone():
        mark = installation.mark(line, holder)

    assert mark == line.marks[KINDS.index("barbara")]


@pytest.mark.parametrize("line", GUARDED, ids=str)
def test_all_the_other_rights_do_not(installation: Installation, line: Line) -> None:
    others = [without(installation, right) for right in line.rights]
    before = installation.rows(refusals=False)

    marks = {who: installation.mark(line, who) for who in others}

    assert set(marks.values()) == {"-"}
    assert installation.rows(refusals=False) == before


@pytest.mark.parametrize("line", GUARDED, ids=str)
def test_on_a_list_a_right_opens_what_the_table_says(
    installation: Installation, line: Line
) -> None:
    there = with_rights_on(installation, TABLE, *line.rights)
    elsewhere = with_rights_on(installation, OTHER, *line.rights)

    with installation.undone():
        refused = installation.mark(line, elsewhere) if line.where != "@any" else "-"
        marks = installation.mark(line, there), refused

    all_of_them = line.marks[KINDS.index("barbara")]
    assert marks == (all_of_them if line.where else "-", "-")


@pytest.mark.parametrize("line", BEHIND_A_RIGHT, ids=str)
def test_a_user_without_the_right_does_not_learn_which_rows_exist(
    installation: Installation, line: Line
) -> None:
    (right,) = line.rights
    other, holder = without(installation, right), with_rights(installation, right)
    nothing = dict.fromkeys(installation.things, NOWHERE)

    nowhere = line._replace(path=line.path.format_map(nothing))

    assert (installation.mark(nowhere, other), installation.mark(nowhere, holder)) == ("-", "0")
