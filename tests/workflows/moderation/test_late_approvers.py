"""A user who becomes an approver sees open requests, gets a letter, and may answer."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Actor,
    Door,
    LetterName,
    ModerationRequest,
    Notification,
    User,
    Verdict,
)
from tests.builders import Cast, a_request, ask, person
from workflows.lists import lists
from workflows.lists.approver_lists import add_approver
from workflows.moderation import deadlines
from workflows.moderation.decide import decide
from workflows.people.users import disable, enable
from workflows.queries.approver_inbox import open_requests

PORTAL = Door.PORTAL


def letters_to(session: Session, user: User) -> list[LetterName]:
    session.flush()
    letters = select(Notification.letter).where(Notification.user_id == user.id)
    return list(session.scalars(letters.order_by(Notification.id)))


@pytest.fixture
def asked(session: Session, people: Cast) -> ModerationRequest:
    return a_request(session, people)


@pytest.fixture
def alan(session: Session, people: Cast) -> User:
    assert people
    return person(session, "Alan Turing")


def test_a_new_approver_gets_a_letter_sees_the_request_and_decides(
    session: Session, people: Cast, asked: ModerationRequest, alan: User
) -> None:
    add_approver(session, people.approvers, alan, actor=Actor(people.barbara, PORTAL))

    assert letters_to(session, alan) == [LetterName.MODERATE]
    assert session.scalars(open_requests(alan)).all() == [asked]
    decision = decide(session, asked, Verdict.APPROVED, actor=Actor(alan, PORTAL))
    assert decision.approver == alan
    assert letters_to(session, people.grace) == [LetterName.MODERATE, LetterName.DECIDED]


def test_approvers_who_were_asked_are_not_asked_again(
    session: Session, people: Cast, asked: ModerationRequest, alan: User
) -> None:
    assert letters_to(session, people.grace) == [LetterName.MODERATE]

    add_approver(session, people.approvers, alan, actor=Actor(people.barbara, PORTAL))
    lists.assign_approvers(session, people.announce, people.approvers, actor=Actor.operator())

    assert letters_to(session, people.grace) == [LetterName.MODERATE]
    assert len(asked.approver_keys) == 3


def test_a_newly_assigned_approver_list_gets_letters_about_open_requests(
    session: Session, people: Cast, asked: ModerationRequest, alan: User
) -> None:
    trustees = lists.create_approver_list(session, "trustees", [alan], actor=Actor.operator())
    assert letters_to(session, alan) == []

    lists.assign_approvers(session, people.announce, trustees, actor=Actor(people.barbara, PORTAL))

    assert letters_to(session, alan) == [LetterName.MODERATE]
    assert asked.approvers() == [alan]


@pytest.mark.parametrize("escalated", [True, False])
def test_the_escalation_list_gets_letters_only_after_the_escalation(
    session: Session, people: Cast, asked: ModerationRequest, alan: User, *, escalated: bool
) -> None:
    if escalated:
        deadlines.escalate(session, asked)
    trustees = lists.create_approver_list(session, "trustees", [alan], actor=Actor.operator())

    lists.assign_approvers(
        session, people.announce, trustees, escalation=True, actor=Actor(people.barbara, PORTAL)
    )

    assert (letters_to(session, alan) == [LetterName.MODERATE]) is escalated


def test_a_decided_request_causes_no_letter_to_a_new_approver(
    session: Session, people: Cast, asked: ModerationRequest, alan: User
) -> None:
    decide(session, asked, Verdict.REJECTED, actor=Actor(people.grace, PORTAL))

    add_approver(session, people.approvers, alan, actor=Actor(people.barbara, PORTAL))

    assert letters_to(session, alan) == []


def test_the_author_is_not_asked_under_four_eyes(
    session: Session, people: Cast, asked: ModerationRequest
) -> None:
    add_approver(session, people.approvers, people.ada, actor=Actor(people.barbara, PORTAL))

    assert people.ada not in asked.approvers()
    assert letters_to(session, people.ada) == []


def test_an_approver_who_was_disabled_at_first_is_asked_with_the_reminder(
    session: Session, people: Cast
) -> None:
    disable(session, people.linus, actor=Actor(people.barbara, PORTAL))
    asked = ask(session, people)
    enable(session, people.linus, actor=Actor(people.barbara, PORTAL))

    deadlines.remind(session, asked)

    assert letters_to(session, people.linus) == [LetterName.MODERATE]
    assert letters_to(session, people.grace) == [LetterName.MODERATE, LetterName.REMINDER]


def test_the_first_approvers_of_an_empty_list_get_letters(
    session: Session, people: Cast, asked: ModerationRequest, alan: User
) -> None:
    lists.set_approvers(session, people.approvers, [], actor=Actor.operator())
    assert asked.approvers() == []

    lists.set_approvers(session, people.approvers, [alan], actor=Actor.operator())

    assert letters_to(session, alan) == [LetterName.MODERATE]
