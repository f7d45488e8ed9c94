"""A push that would empty a list waits for a person."""

import pytest
from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    AuditEntry,
    Door,
    LetterName,
    Notification,
    Subscription,
    Sync,
    SyncState,
    Trespass,
    User,
)
from models.clock import now
from tests.builders import Cast
from tests.workflows.sync.pushing import ListServer, asked, crowd
from workflows.sync.request import Held, NotHeld, confirm, push_now


def hold_members(session: Session, people: Cast, server: ListServer, size: int) -> None:
    """Give the list server a list of so many members."""
    crowd(session, people, size - 2)
    server.push(session, asked(session, people.announce))


def lose(session: Session, count: int) -> None:
    """Delete subscriptions without an entry in the journal."""
    gone = (
        select(User.id)
        .join(Subscription, Subscription.user_id == User.id)
        .where(User.address.like("m%"))
        .order_by(User.id)
        .limit(count)
    )
    session.execute(
        delete(Subscription)
        .where(Subscription.user_id.in_(gone))
        .execution_options(synchronize_session=False)
    )


def return_all(session: Session, people: Cast) -> None:
    """Put everybody on the list again."""
    session.execute(
        text("""
            insert into subscription select :list_id, id, now() from "user"
            where address like 'm%' on conflict do nothing
        """),
        {"list_id": people.announce.id},
    )


def held(session: Session, people: Cast, server: ListServer) -> Sync:
    """Return a push that would remove 40 of 100 members."""
    hold_members(session, people, server, 100)
    lose(session, 40)
    waiting = asked(session, people.announce)
    assert server.push(session, waiting) is None
    return waiting


def letters(session: Session) -> list[Notification]:
    return list(
        session.scalars(
            select(Notification).where(Notification.letter == LetterName.SYNC_HELD).order_by("id")
        )
    )


@pytest.mark.parametrize(
    "loss",
    [
        (100, 30, SyncState.DONE),
        (100, 31, SyncState.HELD),
        (12, 9, SyncState.DONE),
        (12, 10, SyncState.HELD),
        (40, 12, SyncState.DONE),
        (40, 13, SyncState.HELD),
    ],
)
def test_more_than_a_share_and_at_least_ten_are_held(
    session: Session, people: Cast, server: ListServer, loss: tuple[int, int, SyncState]
) -> None:
    size, lost, state = loss
    hold_members(session, people, server, size)
    lose(session, lost)
    waiting = asked(session, people.announce)

    server.push(session, waiting)

    assert waiting.state is state
    there = len(server.addresses(people.announce) or [])
    assert there == (size - lost if state is SyncState.DONE else size)


def test_an_exchanged_address_counts_as_removed(
    session: Session, people: Cast, server: ListServer
) -> None:
    hold_members(session, people, server, 100)
    session.execute(
        text("""update "user" set address = 'new' || address where address ~ '^m[1-4]'""")
    )
    waiting = asked(session, people.announce)

    server.push(session, waiting)

    assert waiting.state is SyncState.HELD
    assert (waiting.addresses, waiting.removals) == (100, 44)


def test_a_first_push_is_never_held(session: Session, people: Cast, server: ListServer) -> None:
    waiting = asked(session, people.announce)

    assert server.push(session, waiting)

    assert waiting.state is SyncState.DONE


def test_administrators_get_a_letter_with_the_numbers(
    session: Session, people: Cast, server: ListServer
) -> None:
    held(session, people, server)

    (letter,) = letters(session)
    assert letter.user is people.barbara
    assert letter.detail == {
        "list_id": people.announce.id,
        "list": "announce",
        "list_name": "Announce",
        "removals": 40,
        "before": 100,
        "after": 60,
    }


def test_a_confirmed_push_runs(session: Session, people: Cast, server: ListServer) -> None:
    waiting = held(session, people, server)

    confirm(session, people.announce, actor=Actor(people.barbara, Door.PORTAL))
    server.push(session, waiting)

    assert waiting.state is SyncState.DONE
    assert len(server.addresses(people.announce) or []) == 60
    act = session.scalars(select(AuditEntry).where(AuditEntry.act == Act.CONFIRMED_PUSH)).one()
    assert (act.actor, act.detail) == ("Barbara Liskov", {"removals": 40})


def test_a_confirmation_does_not_permit_a_larger_removal(
    session: Session, people: Cast, server: ListServer
) -> None:
    waiting = held(session, people, server)
    confirm(session, people.announce, actor=Actor(people.barbara, Door.PORTAL))
    lose(session, 20)

    server.push(session, waiting)

    assert (waiting.state, waiting.removals) == (SyncState.HELD, 60)
    assert len(letters(session)) == 2


def test_a_confirmation_counts_once(session: Session, people: Cast, server: ListServer) -> None:
    waiting = held(session, people, server)
    confirm(session, people.announce, actor=Actor(people.barbara, Door.PORTAL))
    server.push(session, waiting)
    lose(session, 30)
    another = asked(session, people.announce)

    server.push(session, another)

    assert another.state is SyncState.HELD


def test_a_change_that_restores_the_list_releases_the_push(
    session: Session, people: Cast, server: ListServer
) -> None:
    waiting = held(session, people, server)
    return_all(session, people)

    server.push(session, asked(session, people.announce))

    assert waiting.state is SyncState.DONE
    assert len(server.addresses(people.announce) or []) == 100


def test_a_change_that_does_not_restore_the_list_notifies_no_one_again(
    session: Session, people: Cast, server: ListServer
) -> None:
    waiting = held(session, people, server)

    server.push(session, asked(session, people.announce))

    assert waiting.state is SyncState.HELD
    assert len(letters(session)) == 1


def test_only_who_may_edit_lists_confirms(
    session: Session, people: Cast, server: ListServer
) -> None:
    waiting = held(session, people, server)

    with pytest.raises(Trespass):
        confirm(session, people.announce, actor=Actor(people.grace, Door.PORTAL))

    assert waiting.state is SyncState.HELD


def test_there_is_nothing_to_confirm_where_nothing_is_held(session: Session, people: Cast) -> None:
    asked(session, people.announce)

    with pytest.raises(NotHeld):
        confirm(session, people.announce, actor=Actor(people.barbara, Door.PORTAL))


def test_a_held_push_is_not_pushed_by_hand(
    session: Session, people: Cast, server: ListServer
) -> None:
    held(session, people, server)

    with pytest.raises(Held):
        push_now(session, people.announce, actor=Actor(people.barbara, Door.PORTAL))
    assert last_count(session) == 2


def last_count(session: Session) -> int:
    return session.scalars(select(func.count(Sync.id)).where(Sync.due_at <= now())).one()
