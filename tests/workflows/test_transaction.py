"""Commit, then publish; or roll back, and publish nothing."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import (
    AuditEntry,
    Door,
    MailingList,
    ModerationRequest,
    Notification,
    OutboxEntry,
    Trespass,
    User,
    ask_for_push,
)
from models.clock import now
from tests.builders import Cast, a_draft, a_letter, a_request
from workflows import access
from workflows.messages.write import message_by_id
from workflows.moderation.decide import request_approval
from workflows.transaction import transaction

COMMAND_LINE = Door.COMMAND_LINE


def test_work_is_published_after_the_commit_only(
    session: Session, people: Cast, published: list[OutboxEntry]
) -> None:
    draft = a_draft(session, people)
    session.commit()
    published.clear()

    with transaction() as other:
        ask(other, draft.id)
        other.flush()
        assert published == []

    assert [entry.kind for entry in published] == [Notification, Notification]


def test_work_that_is_rolled_back_is_not_published(
    session: Session, people: Cast, published: list[OutboxEntry]
) -> None:
    draft = a_draft(session, people)
    session.commit()
    published.clear()

    with pytest.raises(ZeroDivisionError), transaction() as other:
        ask(other, draft.id)
        raise ZeroDivisionError

    assert published == []


def test_a_row_and_a_list_are_published_once_each_with_their_last_times(
    session: Session, people: Cast, published: list[OutboxEntry]
) -> None:
    letter, moment = a_letter(session, people), now()
    session.commit()
    published.clear()

    with transaction() as other:
        postponed = other.get_one(Notification, letter.id)
        for seconds in (9, 3):
            ask_for_push(other, [people.announce.id])
            postponed.postpone(moment + timedelta(seconds=seconds))
            other.flush()

    assert published == [
        OutboxEntry(MailingList, people.announce.id, None, debounced=True),
        OutboxEntry(Notification, letter.id, moment + timedelta(seconds=3)),
    ]


def ask(session: Session, message_id: int) -> None:
    """Ask for approval as Ada."""
    ada = access.actor_with_address(session, "ada@example.org", COMMAND_LINE)
    message = message_by_id(session, message_id)
    request_approval(session, message, actor=ada)


def test_an_attempt_at_what_is_not_ones_own_is_undone_and_on_record(
    session: Session, people: Cast, published: list[OutboxEntry]
) -> None:
    request = a_request(session, people)
    session.commit()
    published.clear()

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
    assert published == []


def test_a_failed_constraint_is_no_refusal_and_leaves_no_trace(session: Session) -> None:
    with pytest.raises(IntegrityError), transaction() as other:
        other.execute(text("insert into role (name, rights) values ('odd', '{12345}')"))

    assert session.scalars(select(AuditEntry).where(AuditEntry.act == "refused")).all() == []
