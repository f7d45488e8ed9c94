"""Roles and rights: who lacks which one is refused, by name and number, and put on record."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    AuditEntry,
    Door,
    Invalid,
    Right,
    Role,
    Trespass,
    Unknown,
)
from tests.builders import Cast
from tests.workflows.moderation.attempts import ATTEMPTS, Attempt
from tests.workflows.people.rights import give
from workflows import access
from workflows.people import users
from workflows.transaction import transaction

PORTAL = Door.PORTAL


def last_entry(session: Session) -> AuditEntry:
    """Return the newest entry of the audit trail."""
    return session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
def test_an_attempt_with_all_other_rights_is_undone_and_on_record(
    session: Session, people: Cast, attempt: Attempt
) -> None:
    give(session, people.edsger, *(set(Right) - {attempt.right}))
    session.commit()

    with pytest.raises(Trespass) as refusal, transaction() as other:
        attempt.verb(other, Cast._make(other.merge(each) for each in people))

    wrong = refusal.value
    number = attempt.right.value
    assert str(wrong) == f"Edsger Dijkstra lacks the right {attempt.right.name} ({number})."
    assert (wrong.by_id, wrong.via) == (people.edsger.id, PORTAL)
    assert wrong.list_id == (people.announce.id if attempt.about else None)
    assert bool(wrong.message_id) is (attempt.about == "message")
    # The attempt is undone, and on record.
    entry = last_entry(session)
    assert (entry.act, entry.actor, entry.door) == (Act.REFUSED, "Edsger Dijkstra", PORTAL)
    assert entry.detail["sentence"] == str(wrong)
    assert (entry.list_id, entry.message_id) == (wrong.list_id, wrong.message_id)


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
def test_a_user_with_the_rights_is_not_refused(
    session: Session, people: Cast, attempt: Attempt
) -> None:
    assigning = {Right.EDIT_LISTS, Right.USE_APPROVER_LISTS}
    needed = assigning if attempt.right in assigning else {attempt.right}
    give(session, people.edsger, *needed)

    attempt.verb(session, people)


def test_the_administrator_and_the_operator_have_every_right(people: Cast) -> None:
    for right in Right:
        access.require(Actor(people.barbara, PORTAL), right)
        access.require(Actor.operator(), right)


def test_a_role_that_does_not_exist_is_named(session: Session, people: Cast) -> None:
    with pytest.raises(Unknown, match="no role 'emperor'"):
        users.grant(session, people.edsger, "emperor", actor=Actor.operator())


def test_granting_twice_is_granting_once(session: Session, people: Cast) -> None:
    users.grant(session, people.edsger, "sender", actor=Actor(people.barbara, PORTAL))
    users.grant(session, people.edsger, "sender", actor=Actor(people.barbara, PORTAL))

    granted = select(AuditEntry).where(AuditEntry.act == Act.GRANTED_ROLE)
    assert [role.name for role in people.edsger.roles] == ["sender"]
    assert session.scalars(granted).one().detail == {
        "user_id": people.edsger.id,
        "role": "sender",
    }


def test_a_role_is_defined_and_redefined(session: Session, people: Cast) -> None:
    first = users.define_role(
        session, "herald", [601, 404, 601], actor=Actor(people.barbara, PORTAL)
    )
    assert first.rights == [404, 601]

    second = users.define_role(session, "herald", [404], actor=Actor(people.barbara, PORTAL))

    assert second is first
    assert first.rights == [404]
    assert last_entry(session).detail == {"role": "herald", "rights": [404]}


def test_blanks_around_a_name_make_no_other_role(session: Session) -> None:
    first = users.define_role(session, "herald", [601], actor=Actor.operator())

    assert users.define_role(session, " herald ", [404], actor=Actor.operator()) is first


def test_a_role_with_an_unknown_right_is_refused(session: Session) -> None:
    for number in (0, -601, 600, 99999, 2**70):
        with pytest.raises(Invalid, match=f"no right with the number {number}"):
            users.define_role(session, "herald", [601, number], actor=Actor.operator())

    assert session.scalars(select(Role).where(Role.name == "herald")).all() == []
