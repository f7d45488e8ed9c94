"""An archived list takes no message and no member and is not pushed, through any door."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    AuditEntry,
    Door,
    MailingList,
    SubscriptionChange,
    Sync,
    SyncState,
    Verdict,
)
from models.clock import now
from models.database import new_session
from models.outbox import drain
from tests.builders import Cast, a_dispatch, a_draft, a_request, cast
from tests.workflows.sync.pushing import ListServer, asked
from workflows.access import Archived
from workflows.lists import archive
from workflows.lists.archive import StillInUse
from workflows.messages.write import message_by_id
from workflows.moderation.decide import decide, request_approval
from workflows.people import users
from workflows.sendout.schedule import release
from workflows.subscriptions.subscribe import subscribe, unsubscribe
from workflows.sync.request import Debounce, confirm, push_now, request_due_pushes

PORTAL = Door.PORTAL
AT_ONCE = Debounce(timedelta(0), timedelta(0))


def archive_announce(session: Session, people: Cast) -> None:
    archive.archive(session, people.announce, actor=Actor(people.barbara, PORTAL))


def last_act(session: Session) -> str:
    return session.scalars(select(AuditEntry.act).order_by(AuditEntry.id.desc()).limit(1)).one()


REFUSED: dict[str, Callable[[Session, Cast], object]] = {
    "write": a_draft,
    "subscribe oneself": lambda s, p: subscribe(s, p.ada, p.announce, actor=Actor(p.ada, PORTAL)),
    "subscribe another user": lambda s, p: subscribe(
        s, p.ada, p.announce, actor=Actor(p.barbara, PORTAL)
    ),
    "push now": lambda s, p: push_now(s, p.announce, actor=Actor(p.barbara, PORTAL)),
    "confirm": lambda s, p: confirm(s, p.announce, actor=Actor(p.barbara, PORTAL)),
}


@pytest.mark.parametrize("attempt", REFUSED.values(), ids=REFUSED)
def test_an_archived_list_takes_nothing(
    session: Session, people: Cast, attempt: Callable[[Session, Cast], object]
) -> None:
    archive_announce(session, people)

    with pytest.raises(Archived, match=r"^The list announce is archived\.$"):
        attempt(session, people)


def test_an_older_draft_can_be_neither_submitted_nor_released(
    session: Session, people: Cast
) -> None:
    draft = a_draft(session, people)
    archive_announce(session, people)

    with pytest.raises(Archived):
        request_approval(session, draft, actor=Actor(people.ada, PORTAL))
    users.grant(session, people.ada, "sender", actor=Actor.operator())
    with pytest.raises(Archived):
        release(session, draft, actor=Actor(people.ada, PORTAL))


@pytest.mark.parametrize("begun", [a_request, a_dispatch])
def test_a_list_is_not_archived_under_messages_on_their_way(
    session: Session, people: Cast, begun: Callable[[Session, Cast], object]
) -> None:
    begun(session, people)

    with pytest.raises(StillInUse, match=r"announce are still open \(1\)"):
        archive_announce(session, people)

    assert people.announce.archived_at is None


def test_a_rejected_message_holds_no_list_back(session: Session, people: Cast) -> None:
    request = a_request(session, people)
    decide(session, request, Verdict.REJECTED, actor=Actor(people.grace, PORTAL), comment="no")

    archive_announce(session, people)

    assert people.announce.archived_at is not None


def test_both_acts_are_on_record_once(session: Session, people: Cast) -> None:
    assert archive.archive(session, people.announce, actor=Actor(people.barbara, PORTAL))
    assert last_act(session) == Act.ARCHIVED_LIST
    assert not archive.archive(session, people.announce, actor=Actor(people.barbara, PORTAL))
    assert archive.unarchive(session, people.announce, actor=Actor(people.barbara, PORTAL))
    assert last_act(session) == Act.UNARCHIVED_LIST
    assert not archive.unarchive(session, people.announce, actor=Actor(people.barbara, PORTAL))

    acts = select(AuditEntry).where(AuditEntry.act.in_([Act.ARCHIVED_LIST, Act.UNARCHIVED_LIST]))
    assert len(session.scalars(acts).all()) == 2


def test_members_may_still_leave(session: Session, people: Cast) -> None:
    archive_announce(session, people)

    assert unsubscribe(session, people.edsger, people.announce, actor=Actor(people.edsger, PORTAL))


def test_a_change_on_an_archived_list_is_journaled_and_not_pushed(
    session: Session, people: Cast
) -> None:
    archive_announce(session, people)

    unsubscribe(session, people.edsger, people.announce, actor=Actor(people.edsger, PORTAL))
    request_due_pushes(session, AT_ONCE)

    assert session.scalars(select(Sync)).all() == []
    waiting = select(SubscriptionChange).where(SubscriptionChange.sync_id.is_(None))
    assert len(session.scalars(waiting).all()) == 3


def test_restoring_a_list_pushes_the_changes_made_meanwhile(session: Session, people: Cast) -> None:
    archive_announce(session, people)
    drain(session)

    archive.unarchive(session, people.announce, actor=Actor(people.barbara, PORTAL))

    assert [entry.row_id for entry in drain(session)] == [people.announce.id]
    request_due_pushes(session, AT_ONCE)
    assert session.scalars(select(Sync.state)).all() == [SyncState.PENDING]


def test_a_push_that_waited_when_the_list_was_archived_does_not_run(
    session: Session, people: Cast, server: ListServer
) -> None:
    waiting = asked(session, people.announce)
    archive_announce(session, people)

    assert server.push(session, waiting) is None

    assert waiting.state is SyncState.PENDING
    assert server.addresses(people.announce) is None


@pytest.mark.parametrize("committed_first", [True, False])
def test_a_message_handed_in_at_the_same_moment_is_seen_or_refused(
    own_database: Engine, published: list[object], committed_first: bool
) -> None:
    assert own_database
    assert published == []
    with new_session.begin() as session:
        draft_id = a_draft(session, cast(session)).id
    outcome: list[object] = []

    def hand_in() -> None:
        try:
            with new_session.begin() as other:
                draft = message_by_id(other, draft_id)
                outcome.append(request_approval(other, draft, actor=Actor(draft.author, PORTAL)).id)
        except Archived as refusal:
            outcome.append(refusal)

    def archive_list() -> None:
        try:
            with new_session.begin() as other:
                mailing_list = other.scalars(select(MailingList)).one()
                archive.archive(other, mailing_list, actor=Actor.operator())
        except StillInUse as refusal:
            outcome.append(refusal)

    first, second = (hand_in, archive_list) if committed_first else (archive_list, hand_in)
    at_once = [threading.Thread(target=first), threading.Thread(target=second)]
    for each in at_once:
        each.start()
    for each in at_once:
        each.join(timeout=20)

    with new_session.begin() as session:
        archived = session.scalars(select(MailingList.archived_at)).one()
        kinds = {type(each) for each in outcome}
        # Exactly one of them was done, and the other refused.
        assert kinds == ({Archived} if archived else {int, StillInUse}), outcome
        assert archived is None or archived <= now()
