"""Roles on one list and on sets of lists: granting, revoking, and what the audit log says."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Act, Actor, AuditEntry, Door, Invalid, ListSet, Right, Trespass, Unknown, User
from tests.builders import Cast, a_list
from workflows.access import role_named
from workflows.lists.list_sets import (
    SetInUse,
    add_lists,
    create_list_set,
    delete_list_set,
    remove_lists,
)
from workflows.people.removal import remove_user
from workflows.people.roles import RoleInUse, delete_role, revoke, set_roles
from workflows.people.users import grant

OPERATOR = Actor.operator()


def held(user: User) -> set[tuple[str, str | None]]:
    """The roles of the user, each with its list or set."""
    return {(one.role.name, one.list_name or one.set_name) for one in user.grants}


def entries(session: Session, *acts: Act) -> list[tuple[str, int | None, dict[str, object]]]:
    """The entries of these acts, oldest first."""
    found = select(AuditEntry).where(AuditEntry.act.in_(acts)).order_by(AuditEntry.id)
    return [(one.act, one.list_id, one.detail) for one in session.scalars(found)]


@pytest.fixture
def press(session: Session, people: Cast) -> ListSet:
    """A set of the list announce only."""
    return create_list_set(session, "press", [people.announce], actor=OPERATOR)


def test_a_role_is_granted_and_revoked_at_each_place_by_itself(
    session: Session, people: Cast, press: ListSet
) -> None:
    for on in (None, people.announce, press, people.announce):
        grant(session, people.edsger, "owner", on=on, actor=OPERATOR)
    everywhere = {("owner", None), ("owner", "announce"), ("owner", "press")}
    assert held(people.edsger) == everywhere

    assert revoke(session, people.edsger, "owner", on=people.announce, actor=OPERATOR)
    assert not revoke(session, people.edsger, "owner", on=people.announce, actor=OPERATOR)

    assert held(people.edsger) == everywhere - {("owner", "announce")}
    facts = {"user_id": people.edsger.id, "role": "owner"}
    on_list = facts | {"on_list": "announce"}
    assert entries(session, Act.GRANTED_ROLE, Act.REVOKED_ROLE)[-4:] == [
        ("granted_role", None, facts),
        ("granted_role", people.announce.id, on_list),
        ("granted_role", None, facts | {"on_set": "press"}),
        ("revoked_role", people.announce.id, on_list),
    ]


def test_setting_the_roles_everywhere_leaves_those_on_lists(session: Session, people: Cast) -> None:
    grant(session, people.ada, "owner", on=people.announce, actor=OPERATOR)

    set_roles(session, people.ada, ["sender"], actor=OPERATOR)

    assert held(people.ada) == {("sender", None), ("owner", "announce")}


def test_a_list_that_joins_or_leaves_a_set_takes_the_rights_along(
    session: Session, people: Cast, press: ListSet
) -> None:
    board = a_list(session, "board")
    grant(session, people.edsger, "owner", on=press, actor=OPERATOR)
    assert not people.edsger.may(Right.EDIT_LISTS, board.id)

    add_lists(session, press, [board], actor=OPERATOR)
    assert people.edsger.may(Right.EDIT_LISTS, board.id)

    remove_lists(session, press, [people.announce], actor=OPERATOR)
    assert people.edsger.list_ids(Right.EDIT_LISTS) == {board.id}
    remove_lists(session, press, iter([board]), actor=OPERATOR)
    assert entries(session, Act.EDITED_LIST_SET) == [
        ("edited_list_set", None, {"list_set": "press", "lists": "announce, board"}),
        ("edited_list_set", None, {"list_set": "press", "lists": "board"}),
        ("edited_list_set", None, {"list_set": "press", "lists": "-"}),
    ]


def test_a_set_or_role_with_grants_cannot_be_deleted(
    session: Session, people: Cast, press: ListSet
) -> None:
    grant(session, people.edsger, "owner", on=press, actor=OPERATOR)

    with pytest.raises(SetInUse, match="on the set press"):
        delete_list_set(session, press, actor=OPERATOR)
    with pytest.raises(RoleInUse):
        delete_role(session, role_named(session, "owner"), actor=OPERATOR)

    revoke(session, people.edsger, "owner", on=press, actor=OPERATOR)
    delete_list_set(session, press, actor=OPERATOR)
    with pytest.raises(Unknown, match="'press'"):
        grant(session, people.edsger, "owner", on=press, actor=OPERATOR)


def test_a_removed_person_loses_every_role_and_gets_none(session: Session, people: Cast) -> None:
    grant(session, people.ada, "owner", on=people.announce, actor=OPERATOR)

    remove_user(session, people.ada, actor=OPERATOR)

    assert held(people.ada) == set()
    with pytest.raises(Invalid, match="was removed"):
        grant(session, people.ada, "owner", on=people.announce, actor=OPERATOR)


def test_the_names_of_sets_are_unique(session: Session, people: Cast, press: ListSet) -> None:
    with pytest.raises(Invalid, match="already a set of lists 'press'"):
        create_list_set(session, press.name, [people.announce], actor=OPERATOR)


def test_who_has_every_right_on_a_list_cannot_pass_one_on(session: Session, people: Cast) -> None:
    grant(session, people.edsger, "administrator", on=people.announce, actor=OPERATOR)
    edsger = Actor(people.edsger, Door.PORTAL)

    for attempt in (
        lambda: grant(session, people.ada, "owner", on=people.announce, actor=edsger),
        lambda: revoke(session, people.ada, "author", actor=edsger),
        lambda: create_list_set(session, "mine", [people.announce], actor=edsger),
    ):
        with pytest.raises(Trespass):
            attempt()
