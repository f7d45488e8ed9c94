"""Who calls, whom a service may name, and what the audit log says about it."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    ActsFor,
    AuditEntry,
    Invalid,
    Refusal,
    Scope,
    SubscriptionChange,
    Trespass,
    Unknown,
)
from tests.builders import Cast, a_draft
from tests.workflows.services.callers import OPERATOR, a_caller, give_external_id
from workflows.people.users import disable
from workflows.public.caller import Caller
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
            with pytest.raises(Trespass, match=f"it lacks {operation.scope}"):
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


def naming(people: Cast, draft: int) -> Mapping[str, Callable[[int], dict[str, Any]]]:
    """Return each argument that names a person, as a call of its task with that person."""
    ada, announce = people.ada.id, {"list": "announce"}
    return {
        "subscribe user_id": lambda who: {**announce, "user_id": who},
        "subscribe by_id": lambda who: {**announce, "user_id": ada, "by_id": who},
        "unsubscribe user_id": lambda who: {**announce, "user_id": who},
        "unsubscribe by_id": lambda who: {**announce, "user_id": ada, "by_id": who},
        "import_subscribers user_ids": lambda who: {**announce, "user_ids": [ada, who]},
        "import_subscribers by_id": lambda who: {**announce, "user_ids": [ada], "by_id": who},
        "change_address user_id": lambda who: {"user_id": who, "address": "new@example.org"},
        "change_address by_id": lambda who: {
            "user_id": ada,
            "address": "new@example.org",
            "by_id": who,
        },
        "remove_user user_id": lambda who: {"user_id": who},
        "remove_user by_id": lambda who: {"user_id": ada, "by_id": who},
        "push_list by_id": lambda who: {**announce, "by_id": who},
        "request_approval author_id": lambda who: {"message_id": draft, "author_id": who},
        "recall by_id": lambda who: {"message_id": draft, "by_id": who},
    }


def test_a_service_names_only_its_own_people(session: Session, people: Cast) -> None:
    register, draft = a_caller(session, "register", acts_for=OWN), a_draft(session, people)
    give_external_id(session, register, "A-1", user=people.ada)
    give_external_id(session, a_caller(session), "G-1", user=people.grace)
    before = newest(session)

    for argument, arguments in naming(people, draft.id).items():
        with (
            pytest.raises(Trespass, match="only for people that it has brought"),
            session.begin_nested(),
        ):
            call(session, register, argument.split()[0], **arguments(people.grace.id))
    assert newest(session) == before
    joined = call(
        session, register, "import_subscribers", list="announce", user_ids=[people.ada.id]
    )
    assert joined["joined"] == 1


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
