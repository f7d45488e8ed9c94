"""Whatever another service sends, it gets an answer or a refusal, never another exception."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from models import Actor, ActsFor, Refusal
from tests.builders import Cast, a_draft, a_request
from tests.workflows.public.calling import UNSIGNED
from tests.workflows.services.callers import a_caller
from workflows.people.removal import remove_user
from workflows.people.users import disable
from workflows.public.caller import Caller
from workflows.public.declare import Operation
from workflows.tasks import PUBLIC

TEXTS = ["Hello *you*", "{{ name }}", "{{ 1 }}", "", " ", "A\r\nBcc: b@a.example", "\ud800"]
ADDRESSES = ["new@example.org", "ada@example.org", "#@a.example", "a@b"]
TIMES = ["2035-01-31T09:00Z", "2035-03-25T02:30", "9999-12-31T23:59-14:00", "0001-01-01T00:00Z"]
MAIL = "RnJvbTogYUBiLmV4YW1wbGUNClN1YmplY3Q6IEhpDQoNCkhpDQo="

# Values of arguments by name; of others their schema says enough.
VALUES: Mapping[str, Sequence[Any]] = {
    "address": ADDRESSES,
    "approver_list": ["editors", "none", None],
    "evenly": ["3h", "none", "0m"],
    "external_id": ["1", "2"],
    "list": ["announce", "external:1", "none", "external:none"],
    "phone": ["+41446681800", "", "112"],
    "raw_base64": [None, MAIL, "AAAA", "A"],
    "rate": ["500/30", "none", "0/0"],
    "rest_at": TIMES,
    "roles": [[], ["author"], ["administrator", "author"], ["none"]],
    "send_at": TIMES,
    "share": [1, 50, -1, 2**70],
    "short_name": ["board", "announce", "..", "external:1"],
    "time_zone": ["Europe/Zurich", "", "Atlantis"],
    "variants": [[], [{"subject": "B", "share": 50}], [{"text": "c", "share": 1}] * 2],
    "window": ["22:00-06:00", "none", "08:00-08:00"],
    "winner": ["A", "B", "J"],
}
WRONG: Sequence[Any] = [*TEXTS, None, True, 0, -1, 2**63, 1.0, [], [None], {}, {"a": 1}, "a\0b"]


class World(NamedTuple):
    """Callers, and what they may name."""

    callers: list[Caller]
    people: list[int | str]
    messages: list[int]
    requests: list[int]


@pytest.fixture
def world(session: Session, people: Cast) -> World:
    """An unsigned caller and two services, a draft, a request, and people who have left."""
    draft, request = a_draft(session, people), a_request(session, people)
    disable(session, people.linus, actor=Actor.operator())
    remove_user(session, people.edsger, actor=Actor.operator())
    everyone, own = a_caller(session, "register"), a_caller(session, "own", acts_for=ActsFor.OWN)
    for each in (everyone, own):
        for what in (people.ada, people.announce):
            each.name(session, what, "1", actor=Actor.operator())
    session.flush()
    ids = [user.id for user in people[:5]]
    return World(
        [UNSIGNED, everyone, everyone, own],
        [*ids, ids[-1] + 1, "external:1", "external:none"],
        [draft.id, request.message_id, request.message_id + 1],
        [request.id, request.id + 1],
    )


def values_of(name: str, schema: dict[str, Any], world: World) -> Sequence[Any]:
    """Return values of the argument, most of which are allowed."""
    if name in {"message_id", "request_id"}:
        return world.messages if name == "message_id" else world.requests
    if name.endswith("_id") and name != "external_id":
        return world.people
    if name == "user_ids":
        return [world.people[:2], world.people[:1] * 2, ["external:1"], world.people]
    if name in VALUES:
        return VALUES[name]
    by_type: Mapping[Any, Sequence[Any]] = {"boolean": [True, False], "integer": [0, 3, 2**70]}
    return schema.get("enum") or by_type.get(schema.get("type"), TEXTS)


def resolved(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of an argument that is not null."""
    about: dict[str, Any] = schema.get("anyOf", [schema])[0]
    name = about.get("$ref", "").rpartition("/")[2]
    return dict(definitions.get(name, about))


def arguments_of(operation: Operation, world: World, data: st.DataObject) -> dict[str, Any]:
    """Return arguments, at times with one that is wrong."""
    schema = operation.arguments.model_json_schema()
    properties = schema["properties"]
    drawn = {"idempotency_key": "k"} if "idempotency_key" in properties else {}
    names = [name for name in properties if name not in {"idempotency_key", "parcel"}]
    optional = [name for name in names if name not in schema.get("required", [])]
    chosen = data.draw(st.sets(st.sampled_from(optional or names), max_size=4))
    for name in names:
        if name in chosen or name not in optional:
            about = resolved(properties[name], schema.get("$defs", {}))
            drawn[name] = data.draw(st.sampled_from(values_of(name, about, world)))
    if data.draw(st.integers(0, 3)) == 0:
        drawn[data.draw(st.sampled_from(names))] = data.draw(st.sampled_from(WRONG))
    return drawn


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_call_is_answered_or_refused(
    session: Session, world: World, data: st.DataObject
) -> None:
    operation = PUBLIC[data.draw(st.sampled_from([*PUBLIC]))]
    arguments = arguments_of(operation, world, data)
    caller = data.draw(st.sampled_from(world.callers))
    before = session.begin_nested()

    try:
        answer = operation.perform(session, caller, arguments)
        session.flush()
        operation.answer.model_validate(answer)
    except Refusal:
        pass
    finally:
        before.rollback()
