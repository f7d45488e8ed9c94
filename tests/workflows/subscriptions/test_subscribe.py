"""Join, leave, and the journal of it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    AuditEntry,
    Change,
    Door,
    MailingList,
    Subscription,
    SubscriptionChange,
    Trespass,
    User,
)
from models.clock import now
from tests.builders import Cast, cast
from tests.workflows.locks import wait_until_one_waits
from workflows.subscriptions.subscribe import subscribe, unsubscribe

PORTAL = Door.PORTAL

Verb = Callable[..., bool]


def journal(session: Session, user: User) -> list[tuple[Change, int | None, Door]]:
    """Return this person's changes: what, by whom, through which door."""
    rows = session.scalars(
        select(SubscriptionChange)
        .where(SubscriptionChange.user_id == user.id)
        .order_by(SubscriptionChange.id)
    )
    return [(row.change, row.by_id, row.via) for row in rows]


def is_on(session: Session, user: User, mailing_list: MailingList) -> bool:
    """Whether the database has this subscription."""
    found = select(Subscription.user_id).where(
        Subscription.user_id == user.id, Subscription.list_id == mailing_list.id
    )
    return session.scalar(found) is not None


def test_a_subscription_is_on_the_list_and_in_the_journal(session: Session, people: Cast) -> None:
    ada, announce = people.ada, people.announce

    assert subscribe(session, ada, announce, actor=Actor(ada, Door.MAIL))

    change = session.scalars(select(SubscriptionChange).where(SubscriptionChange.by_id == ada.id))
    row = change.one()
    assert is_on(session, ada, announce)
    assert (row.list_id, row.user_id) == (announce.id, ada.id)
    assert (row.change, row.by_id, row.via) == (Change.JOINED, ada.id, Door.MAIL)
    assert abs((now() - row.at).total_seconds()) < 5


def test_unsubscribing_leaves_the_list_and_is_in_the_journal(
    session: Session, people: Cast
) -> None:
    edsger, announce = people.edsger, people.announce

    assert unsubscribe(session, edsger, announce, actor=Actor(edsger, PORTAL))

    assert not is_on(session, edsger, announce)
    assert journal(session, edsger) == [
        (Change.JOINED, edsger.id, PORTAL),
        (Change.LEFT, edsger.id, PORTAL),
    ]


def test_subscribing_twice_is_subscribing_once(session: Session, people: Cast) -> None:
    ada, announce = people.ada, people.announce

    assert subscribe(session, ada, announce, actor=Actor(ada, PORTAL))
    assert not subscribe(session, ada, announce, actor=Actor(ada, PORTAL))

    assert len(journal(session, ada)) == 1


def test_leaving_twice_is_leaving_once(session: Session, people: Cast) -> None:
    edsger, announce = people.edsger, people.announce

    assert unsubscribe(session, edsger, announce, actor=Actor(edsger, PORTAL))
    session.flush()
    assert not unsubscribe(session, edsger, announce, actor=Actor(edsger, PORTAL))

    assert [change for change, _, _ in journal(session, edsger)] == [Change.JOINED, Change.LEFT]


def test_leaving_and_joining_again_in_one_transaction_ends_on_the_list(
    session: Session, people: Cast
) -> None:
    edsger, announce = people.edsger, people.announce

    assert unsubscribe(session, edsger, announce, actor=Actor(edsger, PORTAL))
    assert subscribe(session, edsger, announce, actor=Actor(edsger, PORTAL))

    assert is_on(session, edsger, announce)


def test_leaving_twice_in_one_transaction_is_leaving_once(session: Session, people: Cast) -> None:
    edsger, announce = people.edsger, people.announce

    assert unsubscribe(session, edsger, announce, actor=Actor(edsger, PORTAL))
    assert not unsubscribe(session, edsger, announce, actor=Actor(edsger, PORTAL))

    assert [change for change, _, _ in journal(session, edsger)] == [Change.JOINED, Change.LEFT]


def test_a_subscription_is_to_one_list_only(session: Session, people: Cast) -> None:
    staff = MailingList(short_name="staff", address="staff@example.org", name="Staff")
    session.add(staff)
    session.flush()

    subscribe(session, people.ada, staff, actor=Actor(people.ada, PORTAL))

    assert is_on(session, people.ada, staff)
    assert not is_on(session, people.ada, people.announce)


@pytest.mark.parametrize("by", ["barbara", None])
def test_a_user_with_the_right_changes_the_subscriptions_of_others(
    session: Session, people: Cast, by: str | None
) -> None:
    who = people.barbara if by else None

    subscribe(session, people.ada, people.announce, actor=Actor(who, Door.COMMAND_LINE))
    unsubscribe(session, people.ada, people.announce, actor=Actor(who, Door.SERVICE))

    by_id = who.id if who else None
    assert journal(session, people.ada) == [
        (Change.JOINED, by_id, Door.COMMAND_LINE),
        (Change.LEFT, by_id, Door.SERVICE),
    ]


@pytest.mark.parametrize("verb", [subscribe, unsubscribe])
def test_a_user_without_the_right_cannot_change_others_subscriptions(
    session: Session, people: Cast, verb: Verb
) -> None:
    changes = len(session.scalars(select(SubscriptionChange)).all())

    with pytest.raises(Trespass, match=r"Ada Lovelace lacks the right EDIT_LISTS \(402\)"):
        verb(session, people.edsger, people.announce, actor=Actor(people.ada, PORTAL))

    assert is_on(session, people.edsger, people.announce)
    assert len(session.scalars(select(SubscriptionChange)).all()) == changes


def test_every_change_is_in_the_audit_trail_too(session: Session, people: Cast) -> None:
    ada, announce = people.ada, people.announce
    before = session.scalars(select(AuditEntry.id).order_by(AuditEntry.id.desc())).first()

    subscribe(session, ada, announce, actor=Actor(ada, Door.LINK))
    unsubscribe(session, ada, announce, actor=Actor(people.barbara, PORTAL))

    entries = session.scalars(select(AuditEntry).where(AuditEntry.id > before).order_by("id")).all()
    assert [(e.act, e.actor, e.door) for e in entries] == [
        (Act.SUBSCRIBED, "Ada Lovelace", Door.LINK),
        (Act.UNSUBSCRIBED, "Barbara Liskov", PORTAL),
    ]
    assert {(e.list_id, e.detail["user_id"]) for e in entries} == {(announce.id, ada.id)}


def change(verb: Verb, session: Session, people: Cast) -> bool:
    """Run the verb and write it to the database, by whom it is about."""
    user = people.ada if verb is subscribe else people.edsger
    user, announce = session.merge(user), session.merge(people.announce)
    changed = verb(session, user, announce, actor=Actor(user, PORTAL))
    session.flush()
    return changed


@pytest.mark.parametrize("verb", [subscribe, unsubscribe])
def test_the_same_change_twice_at_once_is_one_change(own_database: Engine, verb: Verb) -> None:
    with Session(own_database, expire_on_commit=False) as session, session.begin():
        people = cast(session)
    before = changes(own_database)

    with ThreadPoolExecutor(1) as colleague, Session(own_database) as first:
        assert change(verb, first, people)
        with Session(own_database) as second:
            answer = colleague.submit(change, verb, second, people)
            wait_until_one_waits(own_database)
            first.commit()
            assert answer.result(timeout=10) is False
            second.commit()

    assert changes(own_database) == before + 1


def changes(own_database: Engine) -> int:
    """Return the length of the journal."""
    with Session(own_database) as session:
        return len(session.scalars(select(SubscriptionChange)).all())
