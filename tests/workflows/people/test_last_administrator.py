"""One user with the right to edit users always remains."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from models import Actor, Door, Right, Trespass, User
from tests.builders import Cast, cast, person, role
from workflows import access
from workflows.people import removal, roles, users
from workflows.people.last_administrator import LastAdministrator, has_administrator
from workflows.transaction import transaction

PORTAL = Door.PORTAL
Deed = Callable[[Session, User, User | None], object]

# What takes the right from a person: (session, person, by).
DEEDS: dict[str, Deed] = {
    "disable": lambda s, user, by: users.disable(s, user, actor=Actor(by, PORTAL)),
    "remove": lambda s, user, by: removal.remove_user(s, user, actor=Actor(by, PORTAL)),
    "revoke": lambda s, user, by: roles.revoke(s, user, "administrator", actor=Actor(by, PORTAL)),
    "set roles": lambda s, user, by: roles.set_roles(s, user, ["author"], actor=Actor(by, PORTAL)),
    "edit role": lambda s, _, by: users.define_role(
        s, "administrator", [Right.VIEW_USERS], actor=Actor(by, PORTAL)
    ),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_the_last_one_stays(session: Session, people: Cast, deed: str) -> None:
    with pytest.raises(LastAdministrator):
        DEEDS[deed](session, people.barbara, people.barbara)


@pytest.mark.parametrize("deed", ["disable", "remove", "revoke", "set roles"])
def test_the_last_but_one_may_go(session: Session, people: Cast, deed: str) -> None:
    margaret = person(session, "Margaret Hamilton", "administrator")

    DEEDS[deed](session, people.barbara, margaret)

    assert not people.barbara.may(Right.EDIT_USERS)
    assert has_administrator(session)


def test_a_disabled_administrator_does_not_count(session: Session, people: Cast) -> None:
    margaret = person(session, "Margaret Hamilton", "administrator")
    users.disable(session, margaret, actor=Actor(people.barbara, PORTAL))

    with pytest.raises(LastAdministrator):
        users.disable(session, people.barbara, actor=Actor(people.barbara, PORTAL))


def test_another_service_is_refused_too(session: Session, people: Cast) -> None:
    with pytest.raises(LastAdministrator):
        removal.remove_user(session, people.barbara, actor=Actor(None, Door.SERVICE))


def test_the_local_operator_may_remove_the_last_administrator(
    session: Session, people: Cast
) -> None:
    users.disable(session, people.barbara, actor=Actor.operator())

    assert not has_administrator(session)


def test_exchanging_the_role_for_one_with_the_right_is_allowed(
    session: Session, people: Cast
) -> None:
    roles.create_role(session, "people", [Right.EDIT_USERS], actor=Actor(people.barbara, PORTAL))

    roles.set_roles(session, people.barbara, ["people"], actor=Actor(people.barbara, PORTAL))

    assert people.barbara.roles == [role(session, "people")]


def test_one_of_two_administrators_who_disable_each_other_remains(own_database: Engine) -> None:
    assert own_database
    with transaction() as session:
        cast(session)
        person(session, "Margaret Hamilton", "administrator")
    addresses = ["barbara@example.org", "margaret@example.org"]

    def disable_the_other(mine: str) -> bool:
        (theirs,) = set(addresses) - {mine}
        try:
            with transaction() as session:
                by = access.user_with_address(session, mine)
                other = access.user_with_address(session, theirs)
                users.disable(session, other, actor=Actor(by, PORTAL))
        except (LastAdministrator, Trespass):  # who comes much later is disabled already
            return False
        return True

    with ThreadPoolExecutor() as both:
        done = list(both.map(disable_the_other, addresses))

    with transaction() as session:
        left = session.scalars(
            select(User.name).where(User.address.in_(addresses), User.disabled_at.is_(None))
        ).all()
    assert len(left) == 1
    assert True in done
