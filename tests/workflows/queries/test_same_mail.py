"""A mail that is handed in twice is known by its Message-ID."""

from sqlalchemy.orm import Session

from models import Actor, Door, MailingList, Message, User
from tests.builders import LIMIT, Cast, a_list, an_eml
from workflows.messages.drafts import discard
from workflows.messages.write import Draft, write
from workflows.queries.same_mail import earlier_message

MAIL = an_eml(Message_ID="<one@example.org>")


def written(session: Session, author: User, mailing_list: MailingList, raw: bytes) -> Message:
    """Write a draft."""
    actor = Actor(author, Door.PORTAL)
    return write(session, Draft(mailing_list, raw), actor=actor, max_bytes=LIMIT)


def test_the_same_mail_of_the_author_to_the_list_is_found(session: Session, people: Cast) -> None:
    first = written(session, people.ada, people.announce, MAIL)
    assert earlier_message(session, first) is None

    other_text = MAIL.replace(b"please come", b"do come")
    again = written(session, people.ada, people.announce, other_text)
    assert earlier_message(session, again) is first

    discard(session, first, actor=Actor(people.ada, Door.PORTAL))
    assert earlier_message(session, again) is None


def test_another_mail_author_or_list_is_not_the_same(session: Session, people: Cast) -> None:
    board = a_list(session, "board")
    written(session, people.ada, people.announce, MAIL)
    written(session, people.ada, people.announce, an_eml())

    others = [
        written(session, people.grace, people.announce, MAIL),
        written(session, people.ada, board, MAIL),
        written(session, people.ada, people.announce, MAIL.replace(b"<one@", b"<two@")),
        written(session, people.ada, people.announce, an_eml()),
    ]

    assert [earlier_message(session, one) for one in others] == [None] * 4
