"""Rules that another user sets while a page with older ones is open."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from models import Actor, Door, Invalid, Message, Rate, SendoutRules, Window
from models.database import new_session
from tests.builders import Cast, a_dispatch, a_draft, cast
from workflows.messages import drafts
from workflows.moderation.decide import request_approval
from workflows.sendout.rules import set_sendout_rules
from workflows.transaction import transaction

pytestmark = pytest.mark.usefixtures("published")

SLOWLY = SendoutRules(Rate(5, 1))
IN_THE_MORNING = SendoutRules(windows=(Window.read("10:00-12:00"),))
IN_THE_AFTERNOON = SendoutRules(windows=(Window.read("14:00-16:00"),))


@pytest.fixture
def people(own_database: Engine) -> Cast:
    with Session(own_database, expire_on_commit=False) as session, session.begin():
        return cast(session)


@pytest.fixture
def late(people: Cast) -> Iterator[Session]:
    """A transaction that reads before others write, and writes after them."""
    assert people
    with new_session.begin() as session:
        yield session


def reschedule(session: Session, message_id: int, rules: SendoutRules) -> None:
    """Its author gives the message these rules, and no time."""
    message = session.get_one(Message, message_id)
    drafts.reschedule(
        session, message, actor=Actor(message.author, Door.PORTAL), send_at=None, rules=rules
    )


def test_the_second_of_two_who_set_rules_wins(people: Cast, late: Session) -> None:
    with transaction() as session:
        message_id = a_dispatch(session, people).message_id
    message = late.get_one(Message, message_id)
    assert message.sendout_rules == SendoutRules()
    with transaction() as session:
        reschedule(session, message_id, SLOWLY)

    reschedule(late, message_id, SendoutRules())

    late.flush()
    late.refresh(message)
    assert message.sendout_rules == SendoutRules()


def test_a_message_that_has_just_lost_all_its_time_is_not_handed_in(
    people: Cast, late: Session
) -> None:
    with transaction() as session:
        message_id = a_draft(session, people).id
    message = late.get_one(Message, message_id)
    with transaction() as session:
        reschedule(session, message_id, IN_THE_MORNING)
        announce = session.get_one(Message, message_id).mailing_list
        set_sendout_rules(session, announce, IN_THE_AFTERNOON, actor=Actor.operator())

    with pytest.raises(Invalid, match="they do not overlap"):
        request_approval(late, message, actor=Actor(message.author, Door.PORTAL))
