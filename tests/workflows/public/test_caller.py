"""Who calls, whom a service may name, and what the audit log says about it."""

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    ActsFor,
    AuditEntry,
    Invalid,
    ModerationRequest,
    Refusal,
    Scope,
    SubscriptionChange,
    Trespass,
    Unknown,
)
from tests.builders import Cast, a_request
from tests.workflows.services.callers import OPERATOR, a_caller, give_external_id
from workflows.people.users import disable
from workflows.public.call import EXTERNAL, Call
from workflows.public.caller import Caller
from workflows.public.declare import Operation
from workflows.queries.user_history import history
from workflows.services.services import add_key
from workflows.tasks import PUBLIC
from workflows.transaction import transaction

OWN = ActsFor.OWN


def call(session: Session, caller: Caller, name: str, **given: Any) -> dict[str, Any]:
    """Perform a public task."""
    return PUBLIC[f"listgate.{name}"].perform(session, caller, {"idempotency_key": "once", **given})


def refused(caller: Caller, kind: type[Refusal], name: str, **given: Any) -> str:
    """Return why the task is refused; nothing but the refusal may be on record."""
    with pytest.raises(kind) as refusal, transaction() as session:
        call(session, caller, name, **given)
    return str(refusal.value)


def newest(session: Session) -> tuple[str, str, int | None, str | None]:
    """Return the act, the actor and the service of the newest entry of the audit log."""
    session.flush()
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    return entry.act, entry.actor, entry.actor_id, entry.service


def test_each_task_needs_its_scope_of_service_and_key(session: Session) -> None:
    for name, operation in PUBLIC.items():
        others = [scope for scope in Scope if scope is not operation.scope]
        lacking = a_caller(session, name, scopes=others)
        whole = a_caller(session, f"{name} of a key")
        assert whole.service
        part = Caller(add_key(session, whole.service, scopes=others, actor=OPERATOR))
        for caller in (lacking, part):
            with pytest.raises(Trespass, match=f"it lacks the scope {operation.scope}"):
                operation.perform(session, caller, {})


def test_a_person_or_the_service_itself_acts(session: Session, people: Cast) -> None:
    crm, ada = a_caller(session), people.ada.id

    call(session, crm, "subscribe", user_id=ada, list="announce", by_id=ada)
    assert newest(session) == ("subscribed", "Ada Lovelace", ada, "crm")
    call(session, crm, "unsubscribe", idempotency_key="2", user_id=ada, list="announce")
    assert newest(session) == ("unsubscribed", "crm", None, "crm")
    call(session, crm, "remove_user", idempotency_key="3", user_id=ada)
    assert newest(session) == ("removed_user", "crm", None, "crm")
    assert refused(Caller(), Invalid, "subscribe", user_id=ada, list="announce") == (
        "by_id: a call that no service has signed needs a person who acts"
    )


def test_the_journal_and_the_history_name_the_service(session: Session, people: Cast) -> None:
    crm, ada = a_caller(session), people.ada
    call(session, crm, "subscribe", user_id=ada.id, list="announce")
    call(session, crm, "unsubscribe", idempotency_key="2", user_id=ada.id, list="announce")
    call(
        session, crm, "import_subscribers", idempotency_key="3", user_ids=[ada.id], list="announce"
    )

    noted = session.scalars(select(SubscriptionChange).filter_by(user_id=ada.id)).all()
    found = [(entry.act, entry.actor, entry.service) for entry in history(session, ada, limit=3)]

    assert [(one.by_id, one.service) for one in noted] == [(None, "crm")] * 3
    assert found == [(act, "crm", "crm") for act in ("subscribed", "unsubscribed", "subscribed")]


def test_every_refusal_of_a_service_is_recorded_with_its_name(
    session: Session, people: Cast
) -> None:
    crm, reader = a_caller(session), a_caller(session, "reader", scopes=[Scope.READ])
    own = a_caller(session, "register", acts_for=OWN)
    disable(session, people.grace, actor=OPERATOR)
    ada, grace, edsger = people.ada.id, people.grace.id, people.edsger.id
    session.flush()

    refused(reader, Trespass, "subscribe", user_id=ada, list="announce")
    assert newest(session) == ("refused", "reader", None, "reader")
    refused(own, Trespass, "remove_user", user_id=ada)
    assert newest(session) == ("refused", "register", None, "register")
    refused(crm, Trespass, "subscribe", user_id=ada, list="announce", by_id=grace)
    assert newest(session) == ("refused", "Grace Hopper", grace, "crm")
    refused(crm, Trespass, "remove_user", user_id=ada, by_id=edsger)
    assert newest(session) == ("refused", "Edsger Dijkstra", edsger, "crm")


def calls(people: Cast, request: ModerationRequest) -> Mapping[str, dict[str, Any]]:
    """Return arguments for each task, in which Ada is everyone."""
    ada, message, asked = people.ada.id, request.message_id, request.id
    announce, about = {"list": "announce"}, {"user_id": ada}
    return {
        "subscribe": {**announce, **about},
        "unsubscribe": {**announce, **about},
        "import_subscribers": {**announce, "user_ids": [ada]},
        "person_subscriptions": about,
        "add_person": {"name": "Alan", "address": "alan@example.org", "external_id": "A-2"},
        "update_person": about,
        "disable_person": about,
        "enable_person": about,
        "change_address": {**about, "address": "new@example.org"},
        "remove_user": about,
        "sync_people": {"csv": "external_id,address,name\n"},
        "create_list": {"short_name": "a", "address": "a@lists.example.org", "name": "A"},
        "update_list": announce,
        "archive_list": announce,
        "unarchive_list": announce,
        "assign_approvers": {**announce, "approver_list": None},
        "push_list": announce,
        "list_status": announce,
        "submit_message": {**announce, "author_id": ada, "subject": "Plans", "text": "Dear"},
        "message_status": {"message_id": message},
        "request_approval": {"message_id": message, "author_id": ada},
        "recall": {"message_id": message, "by_id": ada},
        "decide": {"request_id": asked, "approver_id": ada, "verdict": "approved"},
        "withdraw": {"request_id": asked, "author_id": ada},
    }


def naming(operation: Operation) -> list[str]:
    """Return the arguments that name a person or several."""
    fields = operation.arguments.model_json_schema()["properties"].items()
    return [name for name, about in fields if EXTERNAL in str(about) and name != "list"]


def test_a_service_names_only_its_own_people(session: Session, people: Cast) -> None:
    register, request = a_caller(session, "register", acts_for=OWN), a_request(session, people)
    give_external_id(session, register, "A-1", user=people.ada)
    give_external_id(session, a_caller(session), "G-1", user=people.grace)
    before, whole = newest(session), calls(people, request)

    for operation in PUBLIC.values():
        task = operation.name.removeprefix("listgate.")
        key = {"idempotency_key": "once"} if issubclass(operation.arguments, Call) else {}
        for name in naming(operation):
            other = people.grace.id
            wrong = [people.ada.id, other] if name == "user_ids" else other
            with (
                pytest.raises(Trespass, match="only for people that it has brought"),
                session.begin_nested(),
            ):
                operation.perform(session, register, {**key, **whole[task], name: wrong})
    assert newest(session) == before
    own = call(session, register, "import_subscribers", list="announce", user_ids=[people.ada.id])
    assert own["joined"] == 1


def test_a_person_and_a_list_have_the_services_own_keys(session: Session, people: Cast) -> None:
    crm, register = a_caller(session), a_caller(session, "register", acts_for=OWN)
    give_external_id(session, crm, "1", user=people.ada)
    give_external_id(session, crm, "1", of=people.announce)
    give_external_id(session, register, "1", user=people.grace)

    for caller, user in ((crm, people.ada), (register, people.grace)):
        assert caller.person(session, "external:1") is user
    assert crm.mailing_list(session, "external:1") is people.announce
    for caller, key in ((register, "2"), (crm, "2"), (Caller(), "1")):
        with pytest.raises(Unknown, match="key of its own"):
            caller.person(session, f"external:{key}")
    with pytest.raises(Unknown, match="key of its own"):
        register.mailing_list(session, "external:1")


def test_a_service_gives_a_person_no_second_key(session: Session, people: Cast) -> None:
    crm = a_caller(session)
    give_external_id(session, crm, "1", user=people.ada)
    ada = {"address": people.ada.address, "name": people.ada.name}

    with pytest.raises(Invalid, match="has given this person another key"), transaction() as own:
        PUBLIC["listgate.add_person"].perform(
            own, crm, {"idempotency_key": "once", **ada, "external_id": "2"}
        )

    assert crm.person(session, "external:1") is people.ada
    with pytest.raises(Unknown, match="key of its own"):
        crm.person(session, "external:2")
