"""Each argument of the operations: private ones are in no queue, and none is in a log (P11).

A caller may put an address where a name belongs, so each argument in turn is an address.
"""

import base64
import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import redis

from tests.faults import conftest as fixtures
from tests.faults.live import LiveStack
from tests.faults.overheard import record_commands
from tests.waiting import PATIENCE
from workflows.public.declare import Operation
from workflows.tasks import PUBLIC

celery_backend_cluster = fixtures.celery_backend_cluster
celery_broker_cluster = fixtures.celery_broker_cluster
celery_worker_cluster = fixtures.celery_worker_cluster
live = fixtures.live

HIDDEN, SHOWN = "@hidden.test", "@shown.test"
BODY = re.compile(r'"body": "([A-Za-z0-9+/=]+)"')
PARCEL = "SET listgate:parcel:"
# The queue, and where kombu keeps a message until its task has ended.
QUEUE = ("LPUSH moderation ", "HSET unacked ")


def known(live: LiveStack) -> dict[str, Any]:
    """Return a value for each argument that some operation needs, and who acts."""
    people, draft, request = live.people, live.draft(), live.ask(letters=False)
    return {
        "address": "new@hidden.test",
        "approver_id": people.grace.id,
        "approver_list": "editors",
        "author_id": people.ada.id,
        "by_id": people.barbara.id,
        "csv": "external_id,address,name\n",
        "list": "announce",
        "message_id": draft.id,
        "name": "New",
        "request_id": request.id,
        "short_name": "board",
        "user_id": people.edsger.id,
        "user_ids": [people.edsger.id],
        "verdict": "rejected",
    }


def calls_of(
    operation: Operation, values: dict[str, Any], tried: set[tuple[str, bool]]
) -> Iterator[dict[str, Any]]:
    """Yield arguments with an address for each text, and for all that is no text or not known.

    What is no text is refused together.  A text may be refused where it is used, so each is alone;
    one that another operation has tried, with the same secrecy, is not tried again.
    """
    schema, private = operation.arguments.model_json_schema(), operation.arguments.private_fields()
    names = schema["properties"].keys() - {"idempotency_key", "parcel"}
    needed = {*schema.get("required", []), "by_id"} & names
    usual = {name: values[name] for name in needed}
    together: dict[str, Any] = {f"other{SHOWN}": 1}
    for name in sorted(names):
        address = name + (HIDDEN if name in private else SHOWN)
        about = schema["properties"][name]
        kinds = {one.get("type") for one in about.get("anyOf", [about])}
        if "string" not in kinds:
            together[name] = [address] if "array" in kinds else address
        elif (name, name in private) not in tried:
            tried.add((name, name in private))
            yield {**usual, name: address}
    yield {**usual, **together}


def packed(client: redis.Redis, operation: Operation, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of the task; store the private ones as a parcel."""
    private = operation.arguments.private_fields() & arguments.keys()
    public = {name: value for name, value in arguments.items() if name not in private}
    if "idempotency_key" in operation.arguments.model_fields:
        public["idempotency_key"] = str(uuid4())
    if private:
        public["parcel"] = str(uuid4())
        content = {name: arguments[name] for name in private}
        text = operation.arguments.text_of_parcel
        whole = content[text] if text else json.dumps(content)
        client.set(f"listgate:parcel:{public['parcel']}", whole, ex=60)
    return public


def test_an_argument_is_in_the_queue_if_it_is_public_and_nowhere_else(live: LiveStack) -> None:
    values, url = known(live), live.setup.broker.container.celeryconfig["host_url"]
    tried: set[tuple[str, bool]] = set()

    with redis.Redis.from_url(url) as client, record_commands(url) as commands:
        sent = [
            live.service.send_task(
                operation.name, kwargs=packed(client, operation, arguments), queue="moderation"
            )
            for operation in PUBLIC.values()
            for arguments in calls_of(operation, values, tried)
        ]
        results = [str(each.get(timeout=PATIENCE, propagate=False)) for each in sent]
        live.wait_until_idle()

    decoded = [BODY.sub(lambda body: base64.b64decode(body[1]).decode(), one) for one in commands]
    private = [one for one in decoded if HIDDEN in one and not one.startswith(PARCEL)]
    public = [one for one in decoded if SHOWN in one and not one.startswith(QUEUE)]
    assert (private, public) == ([], [])
    assert sum(SHOWN in one for one in decoded) > len(PUBLIC)
    assert "There is no mailing list '…'." in results
    log = live.worker.log
    assert (HIDDEN in log, SHOWN in log) == (False, False)
