"""The rule of who may do what on which list: Python and SQL agree."""

from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import ColumnElement, Select, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import Actor, Grant, ListSet, MailingList, Right, Role, User
from models.clock import now
from tests.builders import Cast, a_list, person
from workflows.people.users import define_role

LISTS = ("one", "two", "three")
PLACES = ("everywhere", "set", *LISTS)
BOTH = st.sampled_from((0, 1))


class World(NamedTuple):
    """Two users, two roles, three lists and a set."""

    users: list[User]
    roles: list[Role]
    lists: dict[str, MailingList]
    some: ListSet


@pytest.fixture
def world(session: Session) -> World:
    """Rows without rights, grants and members of the set."""
    lists = {name: a_list(session, name) for name in LISTS}
    some = ListSet(name="some")
    session.add(some)
    users = [person(session, name) for name in ("Ada Lovelace", "Grace Hopper")]
    roles = [define_role(session, name, [], actor=Actor.operator()) for name in ("first", "second")]
    session.flush()
    return World(users, roles, lists, some)


def a_grant(world: World, role: int, place: str) -> Grant:
    """A grant of this role at this place."""
    list_id = world.lists[place].id if place in world.lists else None
    list_set_id = world.some.id if place == "set" else None
    return Grant(role=world.roles[role], list_id=list_id, list_set_id=list_set_id)


@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    right=st.sampled_from(Right),
    holders=st.sets(BOTH),
    grants=st.sets(st.tuples(BOTH, BOTH, st.sampled_from(PLACES))),
    members=st.sets(st.sampled_from(LISTS)),
    disabled=st.sets(BOTH),
)
def test_python_and_sql_give_the_same_answers(
    session: Session,
    world: World,
    *,
    right: Right,
    holders: set[int],
    grants: set[tuple[int, int, str]],
    members: set[str],
    disabled: set[int],
) -> None:
    world.some.lists = [world.lists[name] for name in members]
    for number, role in enumerate(world.roles):
        role.rights = [right] if number in holders else []
    for number, user in enumerate(world.users):
        user.disabled_at = now() if number in disabled else None
        user.grants = []
    session.flush()  # before the next grants, which may be the same
    for number, role_number, place in grants:
        world.users[number].grants.append(a_grant(world, role_number, place))
    session.flush()
    ids = [one.id for one in world.lists.values()]

    said = {(one.id, place) for one in world.users for place in ids if one.may(right, place)}

    able = User.able(right, MailingList.id)
    assert {tuple(row) for row in session.execute(users_and_lists(able))} == said
    granted = {(one.id, place) for one in world.users for place in one.list_ids(right)}
    on_list = User.able_on_list(right, MailingList.id)
    assert {tuple(row) for row in session.execute(users_and_lists(on_list))} == granted
    everywhere = {one.id for one in world.users if one.may(right)}
    assert set(session.scalars(select(User.id).where(User.able(right)))) == everywhere
    for user in world.users:
        theirs = {place for user_id, place in said if user_id == user.id}
        seen = select(MailingList.id).where(user.may_on(right, MailingList.id))
        assert set(session.scalars(seen)) == theirs
        assert user.may_somewhere(right) == bool(theirs or user.may(right))


def users_and_lists(condition: ColumnElement[bool]) -> Select[int, int]:
    """Select each user with each list for which the condition holds."""
    return select(User.id, MailingList.id).join(MailingList, condition)


def test_a_role_on_one_list_gives_its_rights_there_and_nowhere_else(
    session: Session, people: Cast
) -> None:
    other = a_list(session, "other")
    role = define_role(session, "both", [402, 2000], actor=Actor.operator())
    people.edsger.grants = [Grant(role=role, list_id=people.announce.id)]
    session.flush()

    assert people.edsger.may(Right.EDIT_LISTS, people.announce.id)
    assert not people.edsger.may(Right.EDIT_LISTS, other.id)
    assert not people.edsger.may(Right.EDIT_LISTS)
    assert not people.edsger.may(Right.EDIT_USERS, people.announce.id)
    assert people.edsger.roles == []


def test_the_database_refuses_a_grant_at_two_places_and_the_same_one_twice(
    session: Session, world: World
) -> None:
    statement = text(
        "insert into user_role (user_id, role_id, list_id, list_set_id) values (:u, :r, :l, :s)"
    )
    anywhere = {"u": world.users[0].id, "r": world.roles[0].id, "l": None, "s": None}
    on_set = anywhere | {"s": world.some.id}
    at_two_places = on_set | {"l": world.lists["one"].id}

    for wrong, check in [
        ([at_two_places], "user_role_one_place_check"),
        ([anywhere, anywhere], "duplicate key"),
        ([on_set, on_set], "duplicate key"),
    ]:
        with pytest.raises(IntegrityError, match=check), session.begin_nested():
            for values in wrong:
                session.execute(statement, values)
