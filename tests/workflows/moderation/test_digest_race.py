"""Two workers deliver letters to one approver at once: the limit holds, no request is left out.

Each letter is due in both processes, as after a second publication by the sweep.
"""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from typing import Any, Final

import pytest
from sqlalchemy import Engine, text

from models import Actor, Door, Notification, NotificationState, OutboxEntry, User
from models.clock import now
from models.database import new_session
from sandbox.mailbox import Mailbox
from tests.builders import LIMIT, Cast, an_eml, cast, person
from tests.letter_context import a_context
from workflows import tasks
from workflows.messages.write import Draft, hand_in, write
from workflows.moderation.digest import put_off
from workflows.transaction import transaction

AUTHORS: Final = 3
MOST: Final = 3  # letters an hour; an odd number, because two processes could send two at once
BUSY: Final = 1  # hours in which each author asks twice
HOURS: Final = 12  # until every letter has left, at most; four are usual
PATIENCE: Final = 180  # seconds, of a machine that has much else to do

# For each letter, how many left in the hour that ends with it.
LEFT_WITHIN_AN_HOUR: Final = """
    select count(*) over (order by sent_at range interval '1 hour' preceding)
    from notification where user_id = :grace and sent_at is not null
"""
PENDING_DIGESTS: Final = """
    select id from notification
    where user_id = :grace and letter = 'SysMsgMessageDigest' and state = 'pending'
"""

starts: list[Barrier] = []  # at the first, this process meets the other one


def prepare(start: Barrier) -> None:
    """Let this process deliver letters as the tests would, over connections of its own."""
    new_session.kw["bind"].dispose(close=False)
    starts.append(start)


def deliver(letters: Sequence[int]) -> None:
    """Deliver the letters, each when the other process delivers one, too."""
    for letter in letters:
        starts[0].wait(PATIENCE)
        tasks.deliver_notification(letter)


class Approver:
    """Grace and those who ask her, her mailbox, and the subjects of what she was asked."""

    def __init__(self, database: Engine, mailbox: Mailbox) -> None:
        self.database, self.mailbox = database, mailbox
        self.subjects: list[str] = []
        with transaction() as session:
            self.people: Cast = cast(session)
            self.authors = [person(session, f"Author{n} X").id for n in range(AUTHORS)]

    def ask(self) -> None:
        """Let each author ask, one after the other, and again in the reverse order.

        The processes, of which one begins at the end, have two letters about each author at once.
        """
        with transaction() as session:
            for author_id in [*self.authors, *reversed(self.authors)]:
                self.subjects.append(f"Matter {len(self.subjects):02}.")
                actor = Actor(session.get_one(User, author_id), Door.PORTAL)
                draft = Draft(self.people.announce, an_eml(self.subjects[-1]))
                message = write(session, draft, actor=actor, max_bytes=LIMIT)
                hand_in(session, message, actor=actor)

    def put_off(self, letter_id: int) -> NotificationState:
        """Deliver a letter when one has left in this hour; return its state."""
        with transaction() as session:
            session.execute(text("set local lock_timeout = '10s'"))
            letter = session.get_one(Notification, letter_id)
            assert put_off(session, letter, 1)
            return letter.state

    def sql(self, statement: str) -> list[Any]:
        """Run a statement about her letters; return the values of its column."""
        with self.database.begin() as connection:
            result = connection.execute(text(statement), {"grace": self.people.grace.id})
            return list(result.scalars()) if result.returns_rows else []

    def due(self) -> list[int]:
        return self.sql(
            "select id from notification where user_id = :grace and state = 'pending'"
            " and due_at <= now() order by id"
        )

    def pass_an_hour(self) -> None:
        """Let everything have happened an hour earlier."""
        self.sql(
            "update notification set due_at = due_at - interval '1 hour',"
            " sent_at = sent_at - interval '1 hour' where user_id = :grace"
        )

    def named(self) -> set[str]:
        """Return the subjects that the letters name: one of a request, several of a digest."""
        texts = [mail.message.get_body(("plain",)) for mail in self.mailbox.to("grace@example.org")]
        words = " ".join(each.get_content() for each in texts if each)
        return {subject for subject in self.subjects if subject in words}


@pytest.fixture
def approver(
    own_database: Engine,
    published: list[OutboxEntry],  # noqa: ARG001 (nothing reaches the broker)
    mailbox: Mailbox,
) -> Approver:
    mailbox.be_slow(0.02)  # so that a process decides while the other one's letter is on its way
    return Approver(own_database, mailbox)


def test_two_processes_send_no_more_letters_than_the_limit_and_name_each_request(
    approver: Approver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "limit", MOST)
    monkeypatch.setattr(tasks, "letter_context", a_context(approver.mailbox))
    # Copies of this process, which has imported everything.
    copies = get_context("fork")
    given = (copies.Barrier(2),)
    with ProcessPoolExecutor(2, copies, initializer=prepare, initargs=given) as pool:
        for hour in range(HOURS):
            if hour < BUSY:
                approver.ask()
            letters = approver.due()
            list(pool.map(deliver, [letters, letters[::-1]]))
            left = approver.sql(LEFT_WITHIN_AN_HOUR)
            digests = approver.sql(PENDING_DIGESTS)
            assert max(left, default=0) <= MOST
            assert len(digests) <= 1
            approver.pass_an_hour()

    assert approver.due() == []
    assert approver.named() == set(approver.subjects)


def test_a_request_waits_while_another_worker_holds_the_digest(approver: Approver) -> None:
    approver.ask()
    first, second, third = approver.due()[:3]
    with transaction() as session:
        letter = session.get_one(Notification, first)
        letter.move(NotificationState.SENT)
        letter.sent_at = now()
    assert approver.put_off(second) is NotificationState.MOOT

    (digest,) = approver.sql(PENDING_DIGESTS)
    with transaction() as session:
        # It may find the digest moot, and looks at that before it waits for the limit's lock.
        assert Notification.take(session, digest, NotificationState.PENDING)
        assert approver.put_off(third) is NotificationState.PENDING
