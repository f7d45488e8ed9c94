"""Commit, then ring; or undo, and ring for nothing."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import AuditEntry, Door, ModerationRequest, Trespass, User
from tests.builders import Cast, a_draft, a_request
from workflows import access
from workflows.messages.write import message_by_id
from workflows.moderation.decide import request_approval
from workflows.outbox import Bell
from workflows.transaction import transaction

COMMAND_LINE = Door.COMMAND_LINE


def test_bells_ring_after_the_commit_only(session: Session, people: Cast, rung: list[Bell]) -> None:
    draft = a_draft(session, people)
    session.commit()
    rung.clear()

    with transaction() as other:
        ask(other, draft.id)
        other.flush()
        assert rung == []

    assert [bell.task for bell in rung] == ["letters.deliver_notification"] * 2


def test_what_is_undone_rings_no_bell(session: Session, people: Cast, rung: list[Bell]) -> None:
    draft = a_draft(session, people)
    session.commit()
    rung.clear()

    with pytest.raises(ZeroDivisionError), transaction() as other:
        ask(other, draft.id)
        raise ZeroDivisionError

    assert rung == []


def ask(session: Session, message_id: int) -> None:
    """Have Ada ask for approval."""
    ada = access.actor_with_address(session, "ada@example.org", COMMAND_LINE)
    message = message_by_id(session, message_id)
    request_approval(session, message, actor=ada)


def test_an_attempt_at_what_is_not_ones_own_is_undone_and_on_record(
    session: Session, people: Cast, rung: list[Bell]
) -> None:
    request = a_request(session, people)
    session.commit()
    rung.clear()

    with pytest.raises(Trespass), transaction() as other:
        edsger = access.actor_with_address(other, "edsger@example.org", COMMAND_LINE)
        edsger.person.name = "Somebody else"
        other.flush()
        access.require_author(other.get_one(ModerationRequest, request.id).message, edsger)

    entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "refused")).one()
    assert (entry.actor, entry.message_id) == ("Edsger Dijkstra", request.message_id)
    assert (
        session.scalars(select(User.name).where(User.id == people.edsger.id)).one() == entry.actor
    )
    assert rung == []


def test_a_failed_constraint_is_no_refusal_and_leaves_no_trace(session: Session) -> None:
    with pytest.raises(IntegrityError), transaction() as other:
        other.execute(text("insert into role (name, rights) values ('odd', '{12345}')"))

    assert session.scalars(select(AuditEntry).where(AuditEntry.act == "refused")).all() == []
