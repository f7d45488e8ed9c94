"""Rights on one list: where a message is sent, who plans it, and what the outbox shows."""

import pytest
from sqlalchemy.orm import Session

from models import Actor, Door, MailingList, Message, MessageState, Trespass, User
from models.clock import now
from tests.builders import LIMIT, Cast, a_list, an_eml
from workflows.lists.lists import assign_approvers
from workflows.messages.drafts import reschedule, rewrite
from workflows.messages.write import Draft, hand_in, write
from workflows.people.users import grant
from workflows.queries.outbox_page import OutboxQuery, outbox

OPERATOR = Actor.operator()


@pytest.fixture
def board(session: Session, people: Cast) -> MailingList:
    """A second list with approvers; Edsger may send to announce, not to this one."""
    board = a_list(session, "board")
    assign_approvers(session, board, people.approvers, actor=OPERATOR)
    grant(session, people.edsger, "sender", on=people.announce, actor=OPERATOR)
    session.flush()
    return board


def a_message(session: Session, author: User, mailing_list: MailingList) -> Message:
    """A draft of this author to this list."""
    draft = Draft(mailing_list, an_eml())
    return write(session, draft, actor=Actor(author, Door.PORTAL), max_bytes=LIMIT)


def test_who_may_send_to_one_list_sends_there_and_asks_elsewhere(
    session: Session, people: Cast, board: MailingList
) -> None:
    there, elsewhere = (a_message(session, people.edsger, one) for one in (people.announce, board))

    for message in (there, elsewhere):
        hand_in(session, message, actor=Actor(people.edsger, Door.PORTAL))

    assert there.state is MessageState.SCHEDULED
    assert elsewhere.state is MessageState.IN_MODERATION


def test_a_draft_with_a_time_cannot_move_to_a_list_without_the_right_to_schedule(
    session: Session, people: Cast, board: MailingList
) -> None:
    message, edsger = (
        a_message(session, people.edsger, people.announce),
        Actor(people.edsger, Door.PORTAL),
    )
    reschedule(session, message, actor=edsger, send_at=now())
    moved = Draft(board, an_eml())

    with pytest.raises(Trespass, match="SCHEDULE_SENDOUT"):
        rewrite(session, message, moved, actor=edsger, max_bytes=LIMIT)

    reschedule(session, message, actor=edsger, send_at=None)
    rewrite(session, message, moved, actor=edsger, max_bytes=LIMIT)
    assert message.mailing_list is board


def test_the_outbox_shows_messages_of_others_to_the_lists_of_the_right_alone(
    session: Session, people: Cast, board: MailingList
) -> None:
    of_ada = [a_message(session, people.ada, one) for one in (people.announce, board)]
    for message in of_ada:
        hand_in(session, message, actor=Actor(people.ada, Door.PORTAL))
    own = a_message(session, people.edsger, board)
    a_message(session, people.ada, people.announce)  # a draft, which only Ada sees

    def seen(user: User, *, only_own: bool = False) -> list[Message]:
        return list(session.scalars(outbox(user, OutboxQuery(only_own=only_own))))

    assert seen(people.edsger) == [own, of_ada[0]]
    assert seen(people.edsger, only_own=True) == [own]
    assert seen(people.barbara) == of_ada[::-1]
    assert seen(people.grace) == []
