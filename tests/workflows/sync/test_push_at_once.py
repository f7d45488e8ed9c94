"""Changes that are not committed, or are just being committed, while a push claims its own."""

from io import FileIO
from tempfile import TemporaryFile

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Actor, Door, MailingList, SubscriptionChange, Sync, User
from models.clock import now
from models.database import new_session
from tests.builders import Cast
from tests.workflows.locks import never_wait
from tests.workflows.sync.pushing import RULES, asked, settled
from workflows.subscriptions.subscribe import subscribe, unsubscribe
from workflows.sync.command import Outcome
from workflows.sync.push import claim_push, finish_push
from workflows.sync.snapshot import Content, lines, read_addresses
from workflows.transaction import transaction


def join(session: Session, user: User, mailing_list: MailingList) -> None:
    assert subscribe(session, user, mailing_list, actor=Actor(user, Door.PORTAL))


def pushed_now(sync_id: int) -> list[bytes]:
    """Push, with a command that takes everything; returns what it took."""
    with TemporaryFile(buffering=0) as addresses:
        with transaction() as session:
            never_wait(session)
            claimed = claim_push(session, sync_id, addresses, RULES)
        assert claimed
        with transaction() as session:
            finish_push(session, claimed, Outcome(None, 0, "", now(), now()), RULES)
        return list(lines(addresses))


def covered_by(user: User) -> int | None:
    """The push that covers this person's change."""
    change = select(SubscriptionChange.sync_id).where(SubscriptionChange.user_id == user.id)
    with transaction() as session:
        return session.scalars(change).one()


def asked_for(mailing_list: MailingList) -> Sync | None:
    """The push that the journal asks for."""
    with transaction() as session:
        return settled(session, mailing_list)


def test_a_change_that_commits_after_the_claim_is_not_covered_and_asks_for_another_push(
    committed_cast: Cast,
) -> None:
    with transaction() as session:
        first = asked(session, committed_cast.announce).id

    with new_session.begin() as slow:
        join(slow, committed_cast.ada, committed_cast.announce)
        without_her = pushed_now(first)
    after_her_commit = covered_by(committed_cast.ada)
    another = asked_for(committed_cast.announce)

    assert b"ada@example.org\n" not in without_her
    assert after_her_commit is None
    assert another
    assert another.id != first
    assert b"ada@example.org\n" in pushed_now(another.id)
    assert covered_by(committed_cast.ada) == another.id
    assert asked_for(committed_cast.announce) is None


@pytest.mark.parametrize("has_read", [False, True])
def test_a_change_that_commits_between_stamp_and_commit_asks_for_another_push(
    committed_cast: Cast, monkeypatch: pytest.MonkeyPatch, has_read: bool
) -> None:
    with transaction() as session:
        first = asked(session, committed_cast.announce).id

    def read(session: Session, mailing_list: MailingList, file: FileIO) -> Content:
        before = read_addresses(session, mailing_list, file)
        with new_session.begin() as other:
            never_wait(other)
            join(other, committed_cast.ada, committed_cast.announce)
        if has_read:
            return before
        file.seek(0)
        return read_addresses(session, mailing_list, file)

    monkeypatch.setattr("workflows.sync.push.read_addresses", read)
    taken = pushed_now(first)

    assert (b"ada@example.org\n" in taken) != has_read
    assert covered_by(committed_cast.ada) is None
    assert asked_for(committed_cast.announce)


def test_a_change_does_not_wait_for_a_push_that_reads_nor_the_push_for_it(
    committed_cast: Cast,
) -> None:
    with transaction() as session:
        first = asked(session, committed_cast.announce).id

    with TemporaryFile(buffering=0) as addresses, transaction() as reading:
        assert claim_push(reading, first, addresses, RULES)
        with transaction() as session:
            never_wait(session)
            join(session, committed_cast.ada, committed_cast.announce)
            unsubscribe(
                session,
                committed_cast.edsger,
                committed_cast.announce,
                actor=Actor(committed_cast.edsger, Door.PORTAL),
            )

    assert covered_by(committed_cast.ada) is None
