"""Rights open what the table says they open, alone and nothing else."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Actor, ListSet, Right
from models.database import new_session
from tests.builders import person
from tests.portal.matrix.installation import Installation
from tests.portal.matrix.table import KINDS, Line, lines
from workflows.lists.list_sets import create_list_set, list_set_named
from workflows.lists.lists import list_named
from workflows.people.users import define_role, grant

GUARDED = [line for line in lines("GET", "POST") if line.rights]
# Numbers of messages are no secret; those of other things are, to users without the right for them.
BEHIND_A_RIGHT = [
    line
    for line in GUARDED
    if "{" in line.path and len(line.rights) == 1 and not line.path.startswith("/messages/")
]
NOWHERE = "999999"


def with_rights(installation: Installation, *rights: int) -> str:
    """Add a user with exactly these rights, who is on no list and has written nothing."""
    who = "+".join(map(str, sorted(rights)))
    if who not in installation.keys:
        with new_session.begin() as session:
            define_role(session, who, rights, actor=Actor.operator())
            installation.give_key(session, who, person(session, f"r{who} Somebody", who))
    return who


def with_rights_on(installation: Installation, set_name: str, *rights: int) -> str:
    """Add a user with exactly these rights on the lists of this set, and nowhere else."""
    role = "+".join(map(str, sorted(rights)))
    who = f"r{role}-{set_name}"
    if who not in installation.keys:
        with new_session.begin() as session:
            define_role(session, role, rights, actor=Actor.operator())
            user = person(session, f"{who} Somebody")
            grant(session, user, role, on=a_set(session, set_name), actor=Actor.operator())
            installation.give_key(session, who, user)
    return who


def a_set(session: Session, name: str) -> ListSet:
    """The set of the table's lists, or one of another list."""
    if name == "named":
        return list_set_named(session, name)
    board = list_named(session, "board")
    found = session.scalar(select(ListSet).where(ListSet.name == name))
    return found or create_list_set(session, name, [board], actor=Actor.operator())


def without(installation: Installation, right: int) -> str:
    """Add a user with every right but this one."""
    return with_rights(installation, *(set(Right) - {right}))


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
    there = with_rights_on(installation, "named", *line.rights)
    elsewhere = with_rights_on(installation, "other", *line.rights)

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
