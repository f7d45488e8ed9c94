"""Events are written with their facts, for those who want them, and hold nothing private."""

import json
from contextlib import suppress
from datetime import timedelta
from tempfile import TemporaryFile
from typing import Any

import pytest
from sqlalchemy import event as events_of_sqlalchemy
from sqlalchemy import select
from sqlalchemy.orm import Session

from docs.events import EXAMPLES
from models import (
    Act,
    Actor,
    ActsFor,
    Door,
    Event,
    EventKind,
    ExternalId,
    Failure,
    Sync,
    SyncState,
    Verdict,
    events,
    record,
)
from models.clock import now
from models.outbox import drain
from tests.builders import Cast, a_dispatch, ask
from tests.workflows.events.delivering import an_endpoint, deliveries
from workflows.events.payload import names_for, payload
from workflows.moderation import deadlines
from workflows.moderation.decide import decide, withdraw
from workflows.people.users import disable
from workflows.sendout.schedule import recall
from workflows.subscriptions.subscribe import subscribe, subscribe_all, unsubscribe
from workflows.subscriptions.suspend import Returned, count_bounce
from workflows.sync.push import Rules, fail, hold_push, succeed

OPERATOR = Actor.operator()


def written(session: Session) -> list[tuple[str, dict[str, Any]]]:
    """Return the kind and the data of each event."""
    session.flush()
    found = session.scalars(select(Event).order_by(Event.id))
    return [(each.kind.value, each.data) for each in found]


def bodies(session: Session) -> list[dict[str, Any]]:
    """Return the body of each delivery."""
    return [
        json.loads(
            payload(each.event, names_for(session, each.event, each.endpoint.service)) or b"{}"
        )
        for each in deliveries(session)
    ]


def test_without_a_subscription_nothing_is_written(session: Session, people: Cast) -> None:
    an_endpoint(session, "https://hooks.example.org/", EventKind.PUSH_DONE)
    an_endpoint(session).disabled_at = now()
    an_endpoint(session).service.disabled_at = now()

    a_dispatch(session, people)

    assert written(session) == []


def test_the_story_of_a_message(session: Session, people: Cast) -> None:
    an_endpoint(session)
    ada, grace = Actor(people.ada, Door.PORTAL), Actor(people.grace, Door.MAIL)

    withdraw(session, ask(session, people), actor=ada)
    deadlines.expire(session, ask(session, people))
    for verdict in (Verdict.REJECTED, Verdict.SENT_BACK):
        decide(session, ask(session, people), verdict, actor=grace, comment="Too long.")
    recall(session, a_dispatch(session, people).message, actor=ada)

    asked = "message.asked"
    assert [kind for kind, _ in written(session)] == [
        *(asked, "message.withdrawn"),
        *(asked, "message.expired"),
        *(asked, "message.decided"),
        *(asked, "message.decided"),
        *(asked, "message.decided", "message.recalled"),
    ]
    assert [data["verdict"] for _, data in written(session) if "verdict" in data] == [
        "rejected",
        "sent_back",
        "approved",
    ]


def test_each_example_of_the_documentation_has_the_fields_of_real_events(
    session: Session, people: Cast
) -> None:
    an_endpoint(session)
    ask(session, people)
    message = a_dispatch(session, people).message
    record(session, Act.FINISHED_SENDING, actor=Actor.system(), sent=2, **message.place)
    recall(session, message, actor=Actor(people.ada, Door.PORTAL))
    unsubscribe(session, people.edsger, people.announce, actor=OPERATOR)

    assert {*EXAMPLES} == {*EventKind}
    for kind, data in written(session):
        assert data.keys() == EXAMPLES[EventKind(kind)][1].keys(), kind


def test_a_change_of_a_subscription_names_list_change_and_person(
    session: Session, people: Cast
) -> None:
    an_endpoint(session)
    announce, edsger = people.announce, people.edsger

    unsubscribe(session, edsger, announce, actor=Actor(edsger, Door.PORTAL))
    subscribe(session, edsger, announce, actor=Actor(edsger, Door.PORTAL))
    subscribe(session, edsger, announce, actor=Actor(edsger, Door.PORTAL))
    disable(session, edsger, actor=OPERATOR)

    changes = [(data["change"], data["user_ids"]) for _, data in written(session)]
    assert changes == [(each, [edsger.id]) for each in ("left", "joined", "disabled")]


def test_an_import_is_written_in_parts(
    session: Session, people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "PEOPLE_PER_EVENT", 2)
    an_endpoint(session)
    everyone = [people.ada.id, people.grace.id, people.linus.id]

    subscribe_all(session, people.announce, everyone, actor=OPERATOR)

    assert [len(data["user_ids"]) for _, data in written(session)] == [2, 1]
    assert sorted(n for _, data in written(session) for n in data["user_ids"]) == everyone


def test_a_bounce_suspends_and_both_are_written(session: Session, people: Cast) -> None:
    an_endpoint(session)
    sent = a_dispatch(session, people).message
    drain(session)

    for _ in range(2):  # the second report says nothing new
        count_bounce(session, people.edsger, sent, Returned("5.1.1", True), limit=1)

    kinds = [kind for kind, _ in written(session)][2:]
    assert kinds == ["person.bounced", "subscription.changed"]
    assert bodies(session)[2]["data"] == {
        "message": {"id": sent.id},
        "list": {"id": people.announce.id, "short_name": "announce", "external_id": None},
        "person": {"id": people.edsger.id, "external_id": None},
        "hard": True,
        "status": "5.1.1",
    }


def test_a_push_that_fails_is_held_or_succeeds_is_written(session: Session, people: Cast) -> None:
    an_endpoint(session)
    rules = Rules(enabled=True, timeout=timedelta(seconds=1), max_shrink=30, alert_after=3)
    sync = Sync(list_id=people.announce.id)
    session.add(sync)
    session.flush()

    sync.move(SyncState.RUNNING)
    fail(session, sync, Failure.EXIT_STATUS, rules)
    sync.move(SyncState.RUNNING)
    sync.removals, sync.addresses = 20, 2
    hold_push(session, sync, reported=0)
    sync.move(SyncState.PENDING)
    sync.move(SyncState.RUNNING)
    with TemporaryFile(buffering=0) as addresses:
        succeed(session, sync, addresses, rules)

    on = {"list_id": people.announce.id}
    assert written(session) == [
        ("push.failed", on | {"failure": "exit_status", "failures": 1}),
        ("push.held", on | {"removals": 20, "before": 0, "after": 2}),
        ("push.done", on | {"addresses": 2}),
    ]


def test_nothing_private_is_in_an_event(session: Session, people: Cast) -> None:
    an_endpoint(session)
    request = ask(session, people)
    decide(
        session,
        request,
        Verdict.REJECTED,
        actor=Actor(people.grace, Door.MAIL),
        comment="Too long.",
    )
    unsubscribe(session, people.edsger, people.announce, actor=OPERATOR)

    text = json.dumps(bodies(session)) + json.dumps([data for _, data in written(session)])

    private = ["example.org", "General assembly", "please come", "Too long", "Grace", "Edsger"]
    assert [word for word in private if word in text] == []


def test_a_service_finds_its_own_keys_and_no_other_service_s(
    session: Session, people: Cast
) -> None:
    own, other = an_endpoint(session), an_endpoint(session)
    session.add_all(
        [
            ExternalId(service_id=own.service_id, key="L-1", list_id=people.announce.id),
            ExternalId(service_id=own.service_id, key="M-7", user_id=people.edsger.id),
            ExternalId(service_id=other.service_id, key="x", user_id=people.edsger.id),
        ]
    )

    unsubscribe(session, people.edsger, people.announce, actor=OPERATOR)

    first, second = (body["data"] for body in bodies(session))
    assert first["list"] == {
        "id": people.announce.id,
        "short_name": "announce",
        "external_id": "L-1",
    }
    assert first["people"] == [{"id": people.edsger.id, "external_id": "M-7"}]
    assert second["list"]["external_id"] is None
    assert second["people"] == [{"id": people.edsger.id, "external_id": "x"}]


def test_a_service_that_acts_for_its_own_people_hears_of_no_others(
    session: Session, people: Cast
) -> None:
    endpoint = an_endpoint(session, "https://hooks.example.org/", EventKind.SUBSCRIPTION_CHANGED)
    endpoint.service.acts_for = ActsFor.OWN
    own = ExternalId(service_id=endpoint.service_id, key="M-7", user_id=people.ada.id)
    session.add(own)

    subscribe_all(session, people.announce, [people.ada.id, people.grace.id], actor=OPERATOR)
    unsubscribe(session, people.edsger, people.announce, actor=OPERATOR)

    joined, left = bodies(session)
    assert joined["data"]["people"] == [{"id": people.ada.id, "external_id": "M-7"}]
    assert left == {}, "nothing is sent"


def test_a_transaction_looks_for_endpoints_once(session: Session, people: Cast) -> None:
    session.connection()
    looks: list[str] = []

    def count(_c: object, _k: object, statement: str, *_: object) -> None:
        looks.extend([statement] if "event" in statement.lower() else [])

    events_of_sqlalchemy.listen(session.connection(), "before_cursor_execute", count)

    for _ in range(3):
        withdraw(session, ask(session, people), actor=Actor(people.ada, Door.PORTAL))
    unsubscribe(session, people.edsger, people.announce, actor=OPERATOR)
    session.flush()

    assert len(looks) <= 1
    events_of_sqlalchemy.remove(session.connection(), "before_cursor_execute", count)


def test_an_event_of_what_was_undone_is_undone(session: Session, people: Cast) -> None:
    an_endpoint(session)

    with suppress(ZeroDivisionError), session.begin_nested():
        ask(session, people)
        raise ZeroDivisionError

    assert written(session) == []
