"""Rights open what the table says they open, alone and nothing else."""

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


def test_rights_open_what_they_are_for_alone_and_on_a_list_where_the_table_says(
    installation: Installation,
) -> None:
    marks = {}

    for line in GUARDED:
        # What is open on one of the lists is open with the right everywhere, as for Barbara.
        place = TABLE if line.where else ""
        holder = with_rights_on(installation, place, *line.rights)
        with installation.undone():
            marks[str(line)] = installation.mark(line, holder)

    assert marks == {str(line): line.marks[KINDS.index("barbara")] for line in GUARDED}


def test_all_the_other_rights_open_nothing_nor_does_the_right_at_another_place(
    installation: Installation,
) -> None:
    # Where the list does not matter, the next test asks them at a number that no row has: a refusal
    # that reads no row is the same for every row.
    tried = [line for line in GUARDED if line.where or line not in BEHIND_A_RIGHT]
    others = {line: holders_of_others(installation, line) for line in tried}
    before = installation.rows(refusals=False)

    marks = {
        f"{who} {line}": installation.mark(line, who) for line in tried for who in others[line]
    }

    assert {cell: mark for cell, mark in marks.items() if mark != "-"} == {}
    assert installation.rows(refusals=False) == before


def test_a_user_without_the_right_does_not_learn_which_rows_exist(
    installation: Installation,
) -> None:
    nothing = dict.fromkeys(installation.things, NOWHERE)
    marks = {}

    for line in BEHIND_A_RIGHT:
        nowhere = line._replace(path=line.path.format_map(nothing))
        (other,) = holders_of_others(installation, line)
        holder = with_rights(installation, *line.rights)
        marks[str(line)] = installation.mark(nowhere, other) + installation.mark(nowhere, holder)

    assert {line: both for line, both in marks.items() if both != "-0"} == {}


def holders_of_others(installation: Installation, line: Line) -> list[str]:
    """Add users who lack one of the line's rights where it is needed, and have every other."""
    place = USELESS[line.where]
    return [without(installation, right, but_on=place) for right in line.rights]
