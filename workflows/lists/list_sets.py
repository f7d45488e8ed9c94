"""Create, change and delete sets of lists, on which roles are granted together.

They decide who may do what, so they are the concern of those who edit users.
"""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import Session

from models import Act, Actor, Grant, Invalid, ListSet, MailingList, Refusal, Right, Unknown, record
from models.names import list_set_name
from workflows.access import require
from workflows.unique import unique


class SetInUse(Refusal):
    """A role is granted on the set."""


def create_list_set(
    session: Session, name: str, lists: Iterable[MailingList], *, actor: Actor
) -> ListSet:
    """Create a set of these lists; raises Invalid if the name is taken."""
    require(actor, Right.EDIT_USERS)
    with unique(session, partial(free_set_name, session, name)) as free:
        list_set = ListSet(name=free, lists=list(dict.fromkeys(lists)))
        session.add(list_set)
    record(session, Act.CREATED_LIST_SET, actor=actor, **set_detail(list_set))
    return list_set


def add_lists(
    session: Session, list_set: ListSet, lists: Iterable[MailingList], *, actor: Actor
) -> None:
    """Add these lists to the set; raises Unknown if it is deleted."""
    change_lists(session, list_set, added=lists, actor=actor)


def remove_lists(
    session: Session, list_set: ListSet, lists: Iterable[MailingList], *, actor: Actor
) -> None:
    """Remove these lists from the set; raises Unknown if it is deleted."""
    change_lists(session, list_set, removed=lists, actor=actor)


def change_lists(
    session: Session,
    list_set: ListSet,
    *,
    added: Iterable[MailingList] = (),
    removed: Iterable[MailingList] = (),
    actor: Actor,
) -> None:
    """Add and remove lists; who has a role on the set has it on its lists from now on."""
    require(actor, Right.EDIT_USERS)
    lock_list_set(session, list_set)
    session.refresh(list_set, ["lists"])
    leaving = set(removed)
    wanted = [one for one in dict.fromkeys([*list_set.lists, *added]) if one not in leaving]
    if wanted == list_set.lists:
        return
    list_set.lists = wanted
    session.flush()
    for grant in session.scalars(select(Grant).where(Grant.list_set_id == list_set.id)):
        session.expire(grant, ["set_list_ids"])
    record(session, Act.EDITED_LIST_SET, actor=actor, **set_detail(list_set))


def delete_list_set(session: Session, list_set: ListSet, *, actor: Actor) -> None:
    """Delete the set; raises SetInUse if a role is granted on it, Unknown if it is deleted."""
    require(actor, Right.EDIT_USERS)
    lock_list_set(session, list_set)
    if is_in_use(session, list_set):
        raise SetInUse(
            "Someone has a role on the set %(set)s; take it from them first.", set=list_set
        )
    session.delete(list_set)
    record(session, Act.DELETED_LIST_SET, actor=actor, list_set=list_set.name)


def is_in_use(session: Session, list_set: ListSet) -> bool:
    """Whether a role is granted on the set."""
    granted = select(Grant.id).where(Grant.list_set_id == list_set.id)
    return session.scalar(granted.limit(1)) is not None


def lock_list_set(session: Session, list_set: ListSet, *, shared: bool = False) -> None:
    """Lock the set; `shared` only against deletion.  Raises Unknown if it is deleted."""
    session.flush()  # a refresh would discard unwritten changes
    weak, name = {"read": True, "key_share": True}, list_set.name
    try:
        session.refresh(list_set, with_for_update=weak if shared else True)
    except InvalidRequestError:
        raise unknown_set(name) from None


def list_set_by_id(session: Session, list_set_id: int) -> ListSet:
    """Return the set with this id; raises Unknown."""
    list_set = session.get(ListSet, list_set_id)
    if list_set is None:
        raise Unknown("There is no such set of lists.")
    return list_set


def list_set_named(session: Session, name: str) -> ListSet:
    """Return the set with this name; raises Unknown."""
    list_set = session.scalar(select(ListSet).where(ListSet.name == name))
    if list_set is None:
        raise unknown_set(name)
    return list_set


def unknown_set(name: str) -> Unknown:
    """Return the refusal of a set that does not exist."""
    return Unknown("There is no set of lists %(name)r.", name=name)


def all_list_sets(session: Session) -> Sequence[ListSet]:
    """Return every set, by name."""
    return session.scalars(select(ListSet).order_by(ListSet.name)).all()


def set_detail(list_set: ListSet) -> dict[str, Any]:
    """Return the set as `detail` of an audit entry."""
    names = sorted(one.short_name for one in list_set.lists)
    return {"list_set": list_set.name, "lists": ", ".join(names) or "-"}


def free_set_name(session: Session, name: str) -> str:
    """Return the name; raises Invalid if it is invalid or taken."""
    name = list_set_name(name)
    if session.scalar(select(ListSet.id).where(ListSet.name == name)) is not None:
        raise Invalid("There is already a set of lists %(name)r.", name=name)
    return name
