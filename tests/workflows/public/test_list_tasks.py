"""Public tasks about lists and people, called by name as another service would: a real worker."""

from typing import Any
from uuid import uuid4

import redis

from tests.faults import conftest as fixtures
from tests.faults.calls import answer, call, refusal
from tests.faults.live import LiveStack
from tests.faults.overheard import record_commands

celery_backend_cluster = fixtures.celery_backend_cluster
celery_broker_cluster = fixtures.celery_broker_cluster
celery_worker_cluster = fixtures.celery_worker_cluster
live = fixtures.live

NEW = "ewd.new@example.org"


def address_of(live: LiveStack, user_id: int) -> str:
    """The person's address, as it is in the database."""
    ((address,),) = live.sql('select address from "user" where id = :id', id=user_id)
    return str(address)


def changes(live: LiveStack) -> list[tuple[Any, ...]]:
    """Return the changes by services in the journal."""
    query = (
        "select user_id, change, by_id from subscription_change where via = 'service' order by id"
    )
    return [tuple(row) for row in live.sql(query)]


def send_parcel(live: LiveStack, content: str) -> str:
    """Store a value in Redis as docs/tasks.md tells other services; return its id."""
    number = str(uuid4())
    url = live.setup.broker.container.celeryconfig["host_url"]
    with redis.Redis.from_url(url) as client:
        client.set(f"listgate:parcel:{number}", content, ex=60)
    return number


def test_a_service_subscribes_and_unsubscribes(live: LiveStack) -> None:
    ada, barbara = live.people.ada.id, live.people.barbara.id
    who: dict[str, Any] = {"user_id": ada, "list": "announce", "by_id": barbara}

    first = answer(live, "subscribe", **who)
    again = answer(live, "subscribe", key="again", **who)
    left = answer(live, "unsubscribe", key="left", **who)

    assert first == left == {"user_id": ada, "changed": True}
    assert again == {"user_id": ada, "changed": False}
    assert changes(live) == [(ada, "joined", barbara), (ada, "left", barbara)]


def test_a_service_imports_many(live: LiveStack) -> None:
    people = live.people
    ids = [people.ada.id, people.grace.id, people.edsger.id]

    done = answer(
        live, "import_subscribers", list="announce", user_ids=ids, by_id=people.barbara.id
    )

    assert done == {"list": "announce", "joined": 2}
    assert {user for user, _, _ in changes(live)} == {people.ada.id, people.grace.id}


def test_an_address_changed_by_a_service_appears_in_no_task_or_log(live: LiveStack) -> None:
    edsger = live.people.edsger.id
    parcel = send_parcel(live, NEW)

    with record_commands(live.setup.broker.container.celeryconfig["host_url"]) as commands:
        who: dict[str, Any] = {"user_id": edsger, "parcel": parcel, "by_id": edsger}
        first, again = (answer(live, "change_address", **who) for _ in range(2))

    kept = live.sql("select idempotent_call::text from idempotent_call")
    assert first == again == {"user_id": edsger, "changed": True}
    assert address_of(live, edsger) == NEW
    assert changes(live) == [(edsger, "readdressed", edsger)]
    # What is overheard is what Flower sees too: the call, its events, its result.
    assert any(parcel in said for said in commands)
    assert [said for said in (*commands, *map(str, kept)) if "ewd.new" in said] == []
    assert "ewd.new" not in live.worker.log


def test_an_error_about_a_claim_check_does_not_quote_the_value(live: LiveStack) -> None:
    edsger = live.people.edsger.id

    def error(parcel: str) -> tuple[str, str]:
        return refusal(call(live, "change_address", user_id=edsger, parcel=parcel, by_id=edsger))

    lost, taken = error(str(uuid4())), error(send_parcel(live, "ADA@example.org"))
    wrong = error(send_parcel(live, "ewd.new@example..org"))

    assert lost == ("NoParcel", "These data are unknown or have expired: send them again.")
    assert taken == ("Invalid", "Another user has this address.")
    assert wrong[0] == "Invalid"
    assert "ewd.new" not in wrong[1]
    assert address_of(live, edsger) == "edsger@example.org"
    assert "ewd.new" not in live.worker.log


def test_a_service_removes_a_user(live: LiveStack) -> None:
    edsger, barbara = live.people.edsger.id, live.people.barbara.id

    first = answer(live, "remove_user", user_id=edsger, by_id=barbara)
    again = answer(live, "remove_user", key="again", user_id=edsger, by_id=barbara)

    assert (first["changed"], again["changed"]) == (True, False)
    assert changes(live) == [(edsger, "left", barbara)]
    assert address_of(live, edsger).endswith("@removed.invalid")


def test_a_service_pushes_a_list(live: LiveStack) -> None:
    done = answer(live, "push_list", list="announce", by_id=live.people.barbara.id)

    assert (done["list"], done["sync"]) == ("announce", "pending")
    live.wait_for_states("sync", done=1)


def test_a_user_without_the_right_is_refused_and_audited(live: LiveStack) -> None:
    ada, edsger = live.people.ada.id, live.people.edsger.id
    calls: dict[str, dict[str, Any]] = {
        "subscribe": {"user_id": ada, "list": "announce"},
        "unsubscribe": {"user_id": live.people.barbara.id, "list": "announce"},
        "import_subscribers": {"user_ids": [ada], "list": "announce"},
        "change_address": {"user_id": ada, "parcel": send_parcel(live, NEW)},
        "remove_user": {"user_id": ada},
        "push_list": {"list": "announce"},
    }

    errors = {task: refusal(call(live, task, by_id=edsger, **them)) for task, them in calls.items()}

    record = "select count(*) from audit_entry where act = 'refused' and door = 'service'"
    assert {task: kind for task, (kind, _) in errors.items()} == dict.fromkeys(calls, "Trespass")
    assert live.sql(record) == [(len(calls),)]
    assert changes(live) == []
