"""The inbox of an approver agrees with the rule in Python."""

from itertools import product

import pytest
from sqlalchemy.orm import Session

from models import Actor, Door, Verdict
from models.clock import now
from tests.builders import Cast, a_request
from workflows.lists import lists
from workflows.moderation import deadlines
from workflows.moderation.approver_keys import view
from workflows.moderation.decide import decide
from workflows.queries.approver_inbox import is_approver, open_requests, opened_requests


@pytest.mark.parametrize(("four_eyes", "escalated"), [*product([True, False], repeat=2)])
def test_a_request_waits_for_exactly_those_who_may_answer_it(
    session: Session, people: Cast, *, four_eyes: bool, escalated: bool
) -> None:
    second = lists.create_approver_list(session, "board", [people.barbara], actor=Actor.operator())
    people.announce.escalation_list = second
    people.announce.four_eyes = four_eyes
    people.approvers.members.append(people.ada)
    request = a_request(session, people)
    if escalated:
        deadlines.escalate(session, request)
    session.flush()

    everybody = (people.ada, people.grace, people.linus, people.barbara, people.edsger)
    waiting = {user for user in everybody if list(session.scalars(open_requests(user)))}

    assert waiting == set(request.approvers())


def test_the_oldest_waits_at_the_top_and_what_was_answered_nowhere(
    session: Session, people: Cast
) -> None:
    first, second, third = (a_request(session, people) for _ in range(3))
    decide(session, second, Verdict.APPROVED, actor=Actor(people.linus, Door.MAIL))
    session.flush()

    assert list(session.scalars(open_requests(people.grace))) == [first, third]


def test_only_the_own_opening_counts(session: Session, people: Cast) -> None:
    first, second = a_request(session, people), a_request(session, people)
    view(session, first, actor=Actor(people.grace, Door.PORTAL))
    view(session, second, actor=Actor(people.linus, Door.PORTAL))
    session.flush()

    assert opened_requests(session, people.grace, [first, second]) == {first.id}
    assert opened_requests(session, people.grace, [second]) == set()


def test_a_user_on_an_approver_list_is_an_approver(session: Session, people: Cast) -> None:
    assert is_approver(session, people.grace)
    assert not is_approver(session, people.ada)


def test_opening_twice_is_opening_once_and_gives_keys_to_a_late_approver(
    session: Session, people: Cast
) -> None:
    request = a_request(session, people)
    people.approvers.members.append(people.barbara)
    session.flush()

    view(session, request, actor=Actor(people.barbara, Door.PORTAL))
    opened_at = request.approver_keys[-1].viewed_at
    view(session, request, actor=Actor(people.barbara, Door.PORTAL))

    assert [one.user for one in request.approver_keys] == [
        people.grace,
        people.linus,
        people.barbara,
    ]
    assert opened_at is not None
    assert opened_at <= now()
    assert request.approver_keys[-1].viewed_at == opened_at
