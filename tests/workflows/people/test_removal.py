"""Removing a person erases personal data and keeps the name under their acts."""

from datetime import UTC, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    AuditEntry,
    Change,
    Decision,
    Delivery,
    Door,
    Invalid,
    Subscription,
    SubscriptionChange,
    Unknown,
    Verdict,
)
from models.clock import now
from portal.wording.audit_sentences import sentence
from tests.builders import Cast, a_dispatch, a_list, a_request
from workflows import access
from workflows.moderation.decide import decide
from workflows.people import users
from workflows.people.removal import Departure, remove_user
from workflows.queries.message_status import timeline
from workflows.sendout.claim import claim_batch
from workflows.sendout.recipients import people_at
from workflows.subscriptions.subscribe import subscribe, subscribe_all

PORTAL = Door.PORTAL


def test_everything_is_forgotten_but_the_name(session: Session, people: Cast) -> None:
    grace = people.grace
    grace.phone, grace.sms_stopped_at = "+33612345678", now()
    users.grant(session, grace, "sender", actor=Actor.operator())
    subscribe(session, grace, people.announce, actor=Actor(grace, PORTAL))

    assert remove_user(session, grace, actor=Actor(people.barbara, PORTAL)) == Departure(1, 1)

    session.flush()
    session.expire_all()
    assert grace.name == "Grace Hopper"
    assert grace.address == f"removed-{grace.id}@removed.invalid"
    assert not grace.phone
    assert not grace.sms_stopped_at
    assert grace.roles == []
    assert grace.disabled_at == grace.removed_at
    assert people.approvers.members == [people.linus]
    assert session.scalar(select(func.count()).where(Subscription.user_id == grace.id)) == 0


def test_every_list_is_left_in_the_journal_and_the_act_in_the_audit_trail(
    session: Session, people: Cast
) -> None:
    edsger, announce, zoo = people.edsger, people.announce, a_list(session, "zoo")
    subscribe(session, edsger, zoo, actor=Actor(edsger, PORTAL))

    remove_user(session, edsger, actor=Actor(people.barbara, Door.SERVICE))

    left = session.scalars(
        select(SubscriptionChange)
        .where(SubscriptionChange.change == Change.LEFT)
        .order_by(SubscriptionChange.list_id)
    ).all()
    entry = session.scalars(select(AuditEntry).where(AuditEntry.act == Act.REMOVED_USER)).one()
    assert [(row.list_id, row.user_id, row.by_id, row.via) for row in left] == [
        (announce.id, edsger.id, people.barbara.id, Door.SERVICE),
        (zoo.id, edsger.id, people.barbara.id, Door.SERVICE),
    ]
    assert (entry.actor, entry.door) == ("Barbara Liskov", Door.SERVICE)
    assert entry.detail == {"user_id": edsger.id, "lists": [announce.id, zoo.id]}


def test_removing_twice_is_removing_once(session: Session, people: Cast) -> None:
    assert remove_user(session, people.edsger, actor=Actor.operator())
    removed_at = people.edsger.removed_at

    assert remove_user(session, people.edsger, actor=Actor.operator()) is None

    acts = select(func.count()).where(AuditEntry.act == Act.REMOVED_USER)
    assert people.edsger.removed_at == removed_at
    assert session.scalar(acts) == 1


def test_the_address_of_a_removed_user_can_be_used_again(session: Session, people: Cast) -> None:
    remove_user(session, people.edsger, actor=Actor.operator())

    another = users.add_user(session, "EDSGER@example.org", "Edsger Other", actor=Actor.operator())

    assert access.find_user(session, "edsger@example.org") is another


def test_removal_does_not_change_the_time_of_an_earlier_disabling(
    session: Session, people: Cast
) -> None:
    users.disable(session, people.edsger, actor=Actor.operator())
    disabled_at = people.edsger.disabled_at

    remove_user(session, people.edsger, actor=Actor.operator())

    assert people.edsger.disabled_at == disabled_at


def test_the_acts_of_a_removed_user_still_show_their_name(session: Session, people: Cast) -> None:
    request = a_request(session, people)
    decide(session, request, Verdict.APPROVED, actor=Actor(people.grace, PORTAL))
    session.flush()

    remove_user(session, people.grace, actor=Actor.operator())
    session.flush()
    session.expire_all()

    sentences = [sentence(entry) for entry in timeline(session, request.message)]
    assert "Grace Hopper approved" in sentences
    assert session.get_one(Decision, request.id).approver.name == "Grace Hopper"


@pytest.mark.parametrize("verb", ["subscribe", "enable", "subscribe_all"])
def test_nothing_brings_a_removed_person_back(session: Session, people: Cast, verb: str) -> None:
    remove_user(session, people.edsger, actor=Actor.operator())
    edsger, announce = people.edsger, people.announce

    with pytest.raises((Invalid, Unknown)):
        match verb:
            case "subscribe":
                subscribe(session, edsger, announce, actor=Actor.operator())
            case "enable":
                users.enable(session, edsger, actor=Actor.operator())
            case "subscribe_all":
                subscribe_all(session, announce, [edsger.id], actor=Actor.operator())

    assert session.scalar(select(func.count()).where(Subscription.user_id == edsger.id)) == 0


def test_a_sendout_that_is_under_way_spares_and_forgets_them(
    session: Session, people: Cast
) -> None:
    sending = a_dispatch(session, people)
    sending.postpone(now() - timedelta(seconds=1))
    claimed = claim_batch(session, sending, UTC)
    session.flush()

    remove_user(session, people.edsger, actor=Actor.operator())

    session.flush()
    session.expire_all()
    found = select(Delivery.address).where(Delivery.id.in_(claimed.ids))
    addresses = set(session.scalars(found))
    found_now = people_at(session, people.announce, addresses)
    spared = {address for address, person in found_now.items() if not person.is_gone}
    known = session.scalars(select(Delivery.address)).all()
    assert spared == {"barbara@example.org"}
    assert "edsger@example.org" not in known
