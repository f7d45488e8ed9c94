"""People with exactly some rights, everywhere or on some lists; they wrote and joined nothing."""

from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Actor, ListSet, Right
from models.database import new_session
from tests.builders import person
from tests.portal.matrix.installation import Installation
from workflows.lists.list_sets import create_list_set
from workflows.lists.lists import list_named
from workflows.people.users import Place, define_role, grant

# The set of the lists in the table (things.py), and one of another list.
TABLE, OTHER = "named", "other"


def with_rights(installation: Installation, *rights: int) -> str:
    """Add a user with these rights everywhere."""
    return holder(installation, "+".join(map(str, sorted(rights))), {"": rights})


def with_rights_on(installation: Installation, place: str, *rights: int) -> str:
    """Add a user with these rights on the lists of a set, or on the list of this short name."""
    who = f"r{'+'.join(map(str, sorted(rights)))}-{place}"
    return holder(installation, who, {place: rights})


def without(installation: Installation, right: int, *, but_on: str = "") -> str:
    """Add a user with every other right everywhere, and with this one on one place or nowhere."""
    roles = {"": {*Right} - {right}} | ({but_on: {right}} if but_on else {})
    return holder(installation, f"no{right}{but_on and f'-but-on-{but_on}'}", roles)


def holder(installation: Installation, who: str, roles: Mapping[str, Collection[int]]) -> str:
    """Add a user who has these rights by place, unless there is one, and log them in."""
    if who in installation.keys:
        return who
    with new_session.begin() as session:
        user = person(session, f"{address_of(who)} Holder")
        for place, rights in roles.items():
            role = f"{who}{place and f'-at-{place}'}"
            define_role(session, role, rights, actor=Actor.operator())
            grant(session, user, role, on=place_named(session, place), actor=Actor.operator())
        installation.give_key(session, who, user)
    return who


def address_of(who: str) -> str:
    """The first word of the user's name, which their address begins with."""
    return f"r{who}" if who[0].isdigit() else who


def place_named(session: Session, name: str) -> Place:
    """The list or the set with this name; everywhere for an empty one."""
    if name not in {TABLE, OTHER}:
        return list_named(session, name) if name else None
    found = session.scalar(select(ListSet).where(ListSet.name == name))
    others = [list_named(session, "board")]
    return found or create_list_set(session, name, others, actor=Actor.operator())
