"""A request without an answer: reminded about, escalated, expired; each once (P9)."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Actor,
    AuditEntry,
    Door,
    LetterName,
    MessageState,
    ModerationRequest,
    Notification,
    RequestState,
    Verdict,
)
from models.clock import now
from tests.builders import Cast, a_request
from workflows.lists import lists
from workflows.moderation.deadlines import Deadlines, meet_deadlines
from workflows.moderation.decide import NoLongerOpen, decide

PATIENCE = Deadlines(timedelta(hours=24), timedelta(hours=48), timedelta(days=7))


def asked_ago(session: Session, people: Cast, ago: timedelta) -> ModerationRequest:
    """A request that has been open for so long."""
    request = a_request(session, people)
    request.asked_at = now() - ago
    session.flush()
    return request


def recipients_of(session: Session, letter: LetterName) -> list[str]:
    """Return the recipients of this letter."""
    rows = session.scalars(select(Notification).where(Notification.letter == letter))
    return sorted(row.user.name.split()[0] for row in rows)


def acts(session: Session) -> Counter[str]:
    """Count the acts in the audit trail."""
    return Counter(session.scalars(select(AuditEntry.act)))


def test_a_recent_request_is_unchanged(session: Session, people: Cast) -> None:
    asked_ago(session, people, timedelta(hours=23))

    meet_deadlines(session, PATIENCE)

    assert recipients_of(session, LetterName.REMINDER) == []


def test_approvers_are_reminded_once(session: Session, people: Cast) -> None:
    asked_ago(session, people, timedelta(hours=25))

    meet_deadlines(session, PATIENCE)
    meet_deadlines(session, PATIENCE)

    assert recipients_of(session, LetterName.REMINDER) == ["Grace", "Linus"]
    assert acts(session)["reminded"] == 1


def test_a_former_approver_is_not_reminded(session: Session, people: Cast) -> None:
    asked_ago(session, people, timedelta(hours=25))
    lists.set_approvers(session, people.approvers, [people.linus], actor=Actor.operator())

    meet_deadlines(session, PATIENCE)

    assert recipients_of(session, LetterName.REMINDER) == ["Linus"]


def test_the_escalation_list_is_asked_once_and_may_then_answer(
    session: Session, people: Cast
) -> None:
    second = lists.create_approver_list(
        session, "board", [people.barbara, people.grace], actor=Actor.operator()
    )
    lists.assign_approvers(
        session, people.announce, second, escalation=True, actor=Actor.operator()
    )
    request = asked_ago(session, people, timedelta(hours=49))
    assert people.barbara not in request.approvers()

    meet_deadlines(session, PATIENCE)
    meet_deadlines(session, PATIENCE)

    assert recipients_of(session, LetterName.MODERATE) == ["Barbara", "Grace", "Linus"]
    assert acts(session)["escalated"] == 1
    decide(session, request, Verdict.APPROVED, actor=Actor(people.barbara, Door.PORTAL))


def test_a_list_without_an_escalation_list_does_not_escalate(
    session: Session, people: Cast
) -> None:
    asked_ago(session, people, timedelta(hours=49))

    meet_deadlines(session, PATIENCE)

    assert recipients_of(session, LetterName.MODERATE) == ["Grace", "Linus"]
    assert acts(session)["escalated"] == 0


def test_an_expired_request_gives_the_message_back(session: Session, people: Cast) -> None:
    request = asked_ago(session, people, timedelta(days=8))

    meet_deadlines(session, PATIENCE)
    meet_deadlines(session, PATIENCE)

    assert request.state is RequestState.EXPIRED
    assert request.message.state is MessageState.DRAFT
    assert recipients_of(session, LetterName.EXPIRED) == ["Ada", "Grace", "Linus"]
    assert recipients_of(session, LetterName.REMINDER) == []
    assert acts(session)["expired"] == 1


def test_an_expired_request_can_no_longer_be_answered(session: Session, people: Cast) -> None:
    request = asked_ago(session, people, timedelta(days=8))
    meet_deadlines(session, PATIENCE)

    with pytest.raises(NoLongerOpen, match="expired"):
        decide(session, request, Verdict.APPROVED, actor=Actor(people.grace, Door.PORTAL))


def test_an_answered_request_has_no_deadline(session: Session, people: Cast) -> None:
    request = asked_ago(session, people, timedelta(days=8))
    decide(session, request, Verdict.APPROVED, actor=Actor(people.grace, Door.PORTAL))

    meet_deadlines(session, PATIENCE)

    assert request.state is RequestState.DECIDED
    assert request.message.state is MessageState.SCHEDULED


def test_a_request_may_be_escalated_before_anyone_is_reminded(
    session: Session, people: Cast
) -> None:
    people.announce.escalation_list = lists.create_approver_list(
        session, "board", [people.barbara], actor=Actor.operator()
    )
    asked_ago(session, people, timedelta(hours=25))

    meet_deadlines(session, Deadlines(timedelta(hours=48), timedelta(hours=24), timedelta(days=7)))

    assert "Barbara" in recipients_of(session, LetterName.MODERATE)
    assert recipients_of(session, LetterName.REMINDER) == []
