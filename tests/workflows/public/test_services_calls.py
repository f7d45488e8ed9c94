"""Repeated calls of services: each has its own keys, and a parcel may have expired."""

from typing import Any
from unittest.mock import Mock
from uuid import uuid4

import pytest
from alembic import command
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from models import Actor, schema
from tests.builders import Cast
from tests.databases import new_database
from tests.workflows.services.callers import a_caller
from workflows.public.caller import Caller
from workflows.public.claim_check import NoParcel, place
from workflows.public.idempotency import KeyReused, once
from workflows.redis_client import redis_client
from workflows.services.services import add_key
from workflows.tasks import PUBLIC

CHANGE = PUBLIC["listgate.change_address"]


def test_each_service_has_its_own_keys(session: Session) -> None:
    crm, register = a_caller(session), a_caller(session, "register")
    assert crm.service
    other_key = Caller(add_key(session, crm.service, actor=Actor.operator()))
    done: list[str] = []

    def call(caller: Caller, name: str) -> dict[str, Any]:
        def act() -> dict[str, Any]:
            done.append(name)
            return {"done": name}

        return once(session, "task", {"idempotency_key": "k"}, act, service_id=caller.service_id)

    answers = [
        call(caller, name)
        for caller, name in (
            (crm, "crm"),
            (register, "register"),
            (Caller(), "unsigned"),
            (crm, "again"),
            (other_key, "again, with another key"),
            (Caller(), "again"),
        )
    ]

    assert done == ["crm", "register", "unsigned"]
    assert [each["done"] for each in answers] == [*done, "crm", "crm", "unsigned"]


def test_a_call_whose_parcel_has_expired_gets_its_first_answer(
    session: Session, people: Cast
) -> None:
    crm, parcel = a_caller(session), uuid4()
    given = {"user_id": people.ada.id, "parcel": str(parcel), "idempotency_key": "k"}
    redis_client.set(place(parcel), "lovelace@example.org", ex=60)
    first = CHANGE.perform(session, crm, given)
    redis_client.delete(place(parcel))

    assert (
        CHANGE.perform(session, crm, given) == first == {"user_id": people.ada.id, "changed": True}
    )
    with pytest.raises(KeyReused):
        CHANGE.perform(session, crm, given | {"parcel": str(uuid4())})
    with pytest.raises(NoParcel):
        CHANGE.perform(session, crm, given | {"idempotency_key": "other"})


def test_a_call_from_before_the_upgrade_is_refused_and_acts_no_more() -> None:
    given = {"idempotency_key": "k", "request_id": 1, "author_id": 2}
    act = Mock()
    with new_database() as url, create_engine(url, poolclass=NullPool).begin() as connection:
        command.upgrade(schema.alembic_config(connection), "0024_subscription_requests")
        connection.execute(
            text(
                "insert into idempotent_call (key, task, arguments, result, called_at)"
                " values ('k', 'listgate.withdraw', '{\"request_id\": 1}', '{}', now())"
            )
        )

        schema.upgrade(connection)

        with Session(connection) as session, pytest.raises(KeyReused):
            once(session, "listgate.withdraw", given, act)
    act.assert_not_called()
