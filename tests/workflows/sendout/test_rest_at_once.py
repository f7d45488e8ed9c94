"""Two corrected messages to the same rest that are handed in at once."""

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from models import Actor, Door, IllegalTransition, Message
from models.database import new_session
from tests.builders import LIMIT, a_dispatch, cast
from tests.sendout_letters import end_in_doubt
from workflows.messages.drafts import copy_to_rest
from workflows.moderation.decide import request_approval


def hand_in(session: Session, message_id: int) -> None:
    message = session.get_one(Message, message_id)
    request_approval(session, message, actor=Actor(message.author, Door.PORTAL))


@pytest.mark.usefixtures("published")
def test_the_second_waits_for_the_first_and_is_refused(own_database: Engine) -> None:
    with Session(own_database) as session, session.begin():
        people = cast(session)
        first = a_dispatch(session, people)
        end_in_doubt(session, first)
        ada = Actor(people.ada, Door.PORTAL)
        one, two = (
            copy_to_rest(session, first.message, actor=ada, max_bytes=LIMIT).id for _ in range(2)
        )

    with new_session.begin() as earlier:
        hand_in(earlier, one)
        with pytest.raises(OperationalError, match="lock timeout"), new_session.begin() as later:
            later.execute(text("set local lock_timeout = '50ms'"))
            hand_in(later, two)

    with pytest.raises(IllegalTransition, match="is not over"), new_session.begin() as later:
        hand_in(later, two)
