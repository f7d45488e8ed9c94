"""The preview of a person's removal."""

from sqlalchemy.orm import Session

from models import Actor, Door, Verdict
from tests.builders import Cast, a_request
from workflows.moderation.decide import decide
from workflows.people.users import disable
from workflows.queries.removal_consequences import consequences


def test_a_member_leaves_the_lists(session: Session, people: Cast) -> None:
    found = consequences(session, people.edsger)

    assert found.lists == [people.announce]
    assert (found.approver_lists, found.questions, found.scheduled) == ([], [], [])


def test_an_approver_leaves_approver_lists_and_questions(session: Session, people: Cast) -> None:
    request = a_request(session, people)
    session.flush()

    found = consequences(session, people.grace)

    assert found.approver_lists == [people.approvers]
    assert found.left_empty() == []
    assert found.questions == [request.message]


def test_the_only_approver_leaves_an_empty_list(session: Session, people: Cast) -> None:
    disable(session, people.linus, actor=Actor(people.barbara, Door.PORTAL))

    assert consequences(session, people.grace).left_empty() == [people.approvers]


def test_an_author_leaves_what_waits_and_what_is_scheduled(session: Session, people: Cast) -> None:
    waiting, approved = a_request(session, people), a_request(session, people)
    decide(session, approved, Verdict.APPROVED, actor=Actor(people.grace, Door.PORTAL))
    session.flush()

    found = consequences(session, people.ada)

    assert found.waiting == [waiting.message]
    assert found.scheduled == [approved.message]
    assert consequences(session, people.linus).questions == [waiting.message]
