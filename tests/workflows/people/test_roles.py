"""Users with the right to edit users create, grant, revoke and delete roles."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Act, Actor, AuditEntry, Door, Invalid, Right, Role, Trespass, Unknown
from tests.builders import Cast, role
from workflows.people import removal, roles

PORTAL = Door.PORTAL


def names(people: Cast) -> set[str]:
    return {one.name for one in people.ada.roles}


def test_exactly_the_named_roles_are_left(session: Session, people: Cast) -> None:
    roles.set_roles(session, people.ada, ["sender"], actor=Actor(people.barbara, PORTAL))

    assert names(people) == {"sender"}
    acts = session.scalars(select(AuditEntry.act).order_by(AuditEntry.id.desc()).limit(2)).all()
    assert acts == [Act.REVOKED_ROLE, Act.GRANTED_ROLE]


@pytest.mark.parametrize("name", ["emperor", "a\0b"])
def test_an_unknown_role_is_refused(session: Session, people: Cast, name: str) -> None:
    with pytest.raises(Unknown):
        roles.set_roles(session, people.ada, [name], actor=Actor(people.barbara, PORTAL))


def test_a_removed_user_gets_no_roles(session: Session, people: Cast) -> None:
    removal.remove_user(session, people.ada, actor=Actor(people.barbara, PORTAL))

    with pytest.raises(Invalid):
        roles.set_roles(session, people.ada, ["sender"], actor=Actor(people.barbara, PORTAL))


def test_taking_a_role_that_the_user_lacks_changes_nothing(session: Session, people: Cast) -> None:
    roles.revoke(session, people.ada, "sender", actor=Actor(people.barbara, PORTAL))

    assert names(people) == {"author"}


def test_a_name_is_taken_once(session: Session, people: Cast) -> None:
    with pytest.raises(Invalid, match="already a role author"):
        roles.create_role(session, " author ", [], actor=Actor(people.barbara, PORTAL))


def test_a_role_is_renamed_for_everybody_who_has_it(session: Session, people: Cast) -> None:
    author = role(session, "author")

    roles.rename_role(session, author, " writer ", actor=Actor(people.barbara, PORTAL))

    assert names(people) == {"writer"}
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert (entry.act, entry.actor_id) == (Act.RENAMED_ROLE, people.barbara.id)
    assert entry.detail == {"before": "author", "role": "writer"}


def test_the_same_name_again_leaves_no_trace(session: Session, people: Cast) -> None:
    roles.rename_role(
        session, role(session, "author"), "author ", actor=Actor(people.barbara, PORTAL)
    )

    renamed = select(AuditEntry).where(AuditEntry.act == Act.RENAMED_ROLE)
    assert session.scalars(renamed).all() == []


@pytest.mark.parametrize("name", ["sender", " sender ", "", "two\nlines"])
def test_a_name_that_is_taken_or_none_is_refused(session: Session, people: Cast, name: str) -> None:
    with pytest.raises(Invalid):
        roles.rename_role(
            session, role(session, "author"), name, actor=Actor(people.barbara, PORTAL)
        )

    assert names(people) == {"author"}


def test_an_unused_role_is_deleted(session: Session, people: Cast) -> None:
    roles.delete_role(session, role(session, "sender"), actor=Actor(people.barbara, PORTAL))

    assert session.scalar(select(Role).where(Role.name == "sender")) is None


def test_a_role_in_use_is_not_deleted(session: Session, people: Cast) -> None:
    with pytest.raises(roles.RoleInUse):
        roles.delete_role(session, role(session, "author"), actor=Actor(people.barbara, PORTAL))


@pytest.mark.parametrize(
    "deed",
    [
        lambda s, p: roles.create_role(s, "new", [Right.VIEW_LISTS], actor=Actor(p.ada, PORTAL)),
        lambda s, p: roles.rename_role(s, role(s, "sender"), "new", actor=Actor(p.ada, PORTAL)),
        lambda s, p: roles.delete_role(s, role(s, "sender"), actor=Actor(p.ada, PORTAL)),
        lambda s, p: roles.revoke(s, p.ada, "author", actor=Actor(p.ada, PORTAL)),
        lambda s, p: roles.set_roles(s, p.ada, ["administrator"], actor=Actor(p.ada, PORTAL)),
    ],
)
def test_a_user_without_the_right_to_edit_users_is_refused(
    session: Session, people: Cast, deed: Callable[[Session, Cast], object]
) -> None:
    with pytest.raises(Trespass):
        deed(session, people)
