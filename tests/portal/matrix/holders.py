"""People with exactly some rights, everywhere or on some lists; they wrote and joined nothing."""

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
    who = "+".join(map(str, sorted(rights)))
    if who not in installation.keys:
        add(installation, who, rights)
    return who


def with_rights_on(installation: Installation, place: str, *rights: int) -> str:
    """Add a user with these rights on the lists of a set, or on the list of this short name."""
    who = f"r{'+'.join(map(str, sorted(rights)))}-{place}"
    if who not in installation.keys:
        add(installation, who, rights, place)
    return who


def without(installation: Installation, *rights: int) -> str:
    """Add a user with every right but these, everywhere."""
    return with_rights(installation, *(set(Right) - set(rights)))


def add(installation: Installation, who: str, rights: tuple[int, ...], place: str = "") -> None:
    """Add the user, and log them in."""
    with new_session.begin() as session:
        define_role(session, who, rights, actor=Actor.operator())
        user = person(session, f"{address_of(who)} Holder")
        grant(session, user, who, on=place_named(session, place), actor=Actor.operator())
        installation.give_key(session, who, user)


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
