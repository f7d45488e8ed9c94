"""Letters that events have overtaken are not sent."""

import pytest
from sqlalchemy.orm import Session

from models import Actor, Door, LetterName, Verdict
from notifications.letters.letters import LETTERS
from tests.builders import Cast, a_letter
from workflows.lists import lists
from workflows.moderation.decide import decide, withdraw
from workflows.people import users as persons


def test_a_question_is_pointless_once_it_is_answered(session: Session, people: Cast) -> None:
    letter = a_letter(session, people)
    request = letter.request
    assert request is not None
    moot = LETTERS[LetterName.MODERATE].moot
    assert not moot(letter)

    decide(session, request, Verdict.APPROVED, actor=Actor(people.linus, Door.PORTAL))

    assert moot(letter)


@pytest.mark.parametrize("reason", ["withdrawn", "disabled", "no longer an approver"])
def test_a_question_is_pointless_for_who_cannot_answer_any_more(
    session: Session, people: Cast, reason: str
) -> None:
    letter = a_letter(session, people)
    assert letter.request is not None

    if reason == "withdrawn":
        withdraw(session, letter.request, actor=Actor(people.ada, Door.PORTAL))
    elif reason == "disabled":
        persons.disable(session, people.grace, actor=Actor.operator())
    else:
        lists.set_approvers(session, people.approvers, [people.linus], actor=Actor.operator())

    assert LETTERS[LetterName.MODERATE].moot(letter)
