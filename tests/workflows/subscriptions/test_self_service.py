"""Who may join and leave which list: the own subscription of an open list, or Right 402."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    AuditEntry,
    Change,
    Door,
    Right,
    SelfService,
    SubscriptionChange,
    Trespass,
    Unknown,
)
from tests.builders import Cast, a_list
from workflows.lists import lists
from workflows.people import users
from workflows.subscriptions.subscribe import subscribe, subscribe_all, unsubscribe

PORTAL = Door.PORTAL

Verb = Callable[..., bool]

VERBS = [subscribe, unsubscribe]

# Who acts, for whom, on which list, and whether they may.
CASES = [
    ("edsger", "edsger", SelfService.OPEN, True),
    ("edsger", "edsger", SelfService.CLOSED, False),
    ("edsger", "ada", SelfService.OPEN, False),
    ("edsger", "ada", SelfService.CLOSED, False),
    ("barbara", "barbara", SelfService.CLOSED, True),
    ("barbara", "ada", SelfService.OPEN, True),
    ("barbara", "ada", SelfService.CLOSED, True),
    ("", "ada", SelfService.CLOSED, True),  # the operator
]


@pytest.mark.parametrize("verb", VERBS)
def test_members_change_their_own_subscriptions_of_open_lists(
    session: Session, people: Cast, verb: Verb
) -> None:
    for by, who, service, may in CASES:
        actor = Actor(getattr(people, by), PORTAL) if by else Actor.operator()
        user = getattr(people, who)
        people.announce.self_service = service

        if may:
            verb(session, user, people.announce, actor=actor)
            continue
        with pytest.raises(Trespass) as refusal:
            verb(session, user, people.announce, actor=actor)
        assert (refusal.value.by_id, refusal.value.via) == (actor.person.id, PORTAL)
        assert refusal.value.list_id == people.announce.id


def test_a_user_with_the_right_to_edit_lists_joins_a_closed_list(
    session: Session, people: Cast
) -> None:
    people.announce.self_service = SelfService.CLOSED
    role = users.define_role(session, "lists", [Right.EDIT_LISTS], actor=Actor.operator())
    people.ada.roles = [role]

    assert subscribe(session, people.ada, people.announce, actor=Actor(people.ada, PORTAL))


def test_closing_a_list_is_on_record_and_counts_at_once(session: Session, people: Cast) -> None:
    announce, edsger = people.announce, people.edsger

    lists.edit_list(
        session,
        announce,
        lists.ListChanges(self_service=SelfService.CLOSED),
        actor=Actor(people.barbara, PORTAL),
    )

    entry = session.scalars(select(AuditEntry).where(AuditEntry.act == Act.EDITED_LIST)).one()
    assert (entry.actor, entry.door, entry.list_id) == ("Barbara Liskov", PORTAL, announce.id)
    assert entry.detail == {"self_service": "closed"}
    with pytest.raises(Trespass, match="Only administrators can change who is on announce"):
        unsubscribe(session, edsger, announce, actor=Actor(edsger, PORTAL))


def test_editing_nothing_is_not_on_record(session: Session, people: Cast) -> None:
    lists.edit_list(session, people.announce, lists.ListChanges(), actor=Actor.operator())

    edited = select(AuditEntry).where(AuditEntry.act == Act.EDITED_LIST)
    assert session.scalars(edited).all() == []


def test_many_join_at_once_and_who_was_there_is_not_counted(session: Session, people: Cast) -> None:
    announce, barbara = people.announce, people.barbara
    ids = [people.ada.id, people.grace.id, people.edsger.id, people.ada.id]

    joined = subscribe_all(session, announce, ids, actor=Actor(barbara, Door.SERVICE))

    noted = session.scalars(
        select(SubscriptionChange).where(SubscriptionChange.via == Door.SERVICE)
    ).all()
    entry = session.scalars(select(AuditEntry).where(AuditEntry.act == Act.IMPORTED)).one()
    assert joined == 2
    assert {(row.user_id, row.change, row.by_id) for row in noted} == {
        (people.ada.id, Change.JOINED, barbara.id),
        (people.grace.id, Change.JOINED, barbara.id),
    }
    assert (entry.actor, entry.list_id, entry.detail) == (
        "Barbara Liskov",
        announce.id,
        {"joined": 2},
    )


def test_many_who_are_on_the_list_already_change_nothing(session: Session, people: Cast) -> None:
    before = len(session.scalars(select(SubscriptionChange)).all())

    assert not subscribe_all(session, people.announce, [people.edsger.id], actor=Actor.operator())

    assert len(session.scalars(select(SubscriptionChange)).all()) == before


def test_one_unknown_user_stops_all_and_is_named(session: Session, people: Cast) -> None:
    extra = a_list(session, "extra")

    with pytest.raises(Unknown, match=r"Unknown users: 998, 999\."):
        subscribe_all(session, extra, [people.ada.id, 999, 998], actor=Actor.operator())

    joined = select(SubscriptionChange).where(SubscriptionChange.list_id == extra.id)
    assert session.scalars(joined).all() == []


def test_an_error_names_ten_of_many_unknown_users(session: Session, people: Cast) -> None:
    with pytest.raises(Unknown) as refusal:
        subscribe_all(session, people.announce, range(1000, 1020), actor=Actor.operator())

    numbers = ", ".join(str(number) for number in range(1000, 1010))
    assert str(refusal.value) == f"Unknown users: {numbers} and others."
