"""A service brings people, a list and a message, by signed tasks and parcels: a real worker."""

import base64
import json
import re
from typing import Any
from uuid import uuid4

import redis

from models import ServiceKey
from tests.faults import conftest as fixtures
from tests.faults.live import LiveStack
from tests.faults.overheard import record_commands
from tests.waiting import PATIENCE, wait_for
from tests.workflows.services.callers import a_key, signed
from workflows.services.authenticate import ENVELOPE
from workflows.transaction import transaction

celery_backend_cluster = fixtures.celery_backend_cluster
celery_broker_cluster = fixtures.celery_broker_cluster
celery_worker_cluster = fixtures.celery_worker_cluster
live = fixtures.live

# In every address, name and text of the service.
MARKER = "marker"
BODY = re.compile(r'"body": "([A-Za-z0-9+/=]+)"')


class Register:
    """Another service, with its key and without any code of Listgate."""

    def __init__(self, live: LiveStack) -> None:
        self.celery = live.service
        self.redis_url: str = live.setup.broker.container.celeryconfig["host_url"]
        with transaction() as session:
            self.key: ServiceKey = a_key(session, "register")

    def __call__(self, task: str, **arguments: Any) -> dict[str, Any]:
        """Call the task, sign the call, and return the answer."""
        name, number = f"listgate.{task}", str(uuid4())
        if not task.endswith(("_status", "_subscriptions")):
            arguments["idempotency_key"] = number
        headers = {ENVELOPE: signed(self.key, (name, number, arguments))}
        result = self.celery.send_task(
            name, kwargs=arguments, task_id=number, queue="moderation", headers=headers
        )
        return dict(result.get(timeout=PATIENCE))

    def parcel(self, **private: Any) -> str:
        """Store private arguments; return the id of the parcel."""
        number = str(uuid4())
        with redis.Redis.from_url(self.redis_url) as client:
            client.set(f"listgate:parcel:{number}", json.dumps(private), ex=60)
        return number


def test_a_service_brings_people_a_list_and_a_message_that_is_sent(live: LiveStack) -> None:
    register = Register(live)
    parcels = [
        register.parcel(address=f"{MARKER}{number}@example.org", name=f"{MARKER} {number}")
        for number in (1, 2)
    ]
    of_list = register.parcel(address=f"{MARKER}@lists.example.org", name=MARKER)
    of_message = register.parcel(subject=MARKER, text=f"*{MARKER}*", text_format="markdown")

    with record_commands(register.redis_url) as commands:
        for number, parcel in enumerate(parcels, 1):
            register("add_person", parcel=parcel, external_id=f"M-{number}")
        created = register(
            "create_list", short_name="board", parcel=of_list, external_id="L", kind="discussion"
        )
        board: dict[str, Any] = {"list": "external:L"}
        register("assign_approvers", **board, approver_list="editors")
        joined = register("import_subscribers", **board, user_ids=["external:M-1", "external:M-2"])
        asked = register("submit_message", **board, author_id="external:M-1", parcel=of_message)
        waiting = register("list_status", **board)
        register(
            "decide",
            request_id=asked["request_id"],
            approver_id=live.people.grace.id,
            verdict="approved",
        )
        message = {"message_id": asked["message_id"]}
        status = wait_for(
            "the message to be sent",
            lambda: register("message_status", **message),
            enough=lambda found: found["message"] == "sent",
        )
        lists = register("person_subscriptions", user_id="external:M-2")["lists"]
        live.wait_until_idle()

    assert (created, joined["joined"]) == ({"list": "board", "changed": True}, 2)
    assert (waiting["members"], waiting["open_requests"]) == (2, 1)
    assert status["sendout"]["deliveries"] == {"sent": 2}
    assert (status["decision"]["verdict"], status["decision"]["via"]) == ("approved", "service")
    assert [one["list"] for one in lists] == ["board"]
    heard = [
        BODY.sub(lambda body: base64.b64decode(body[1]).decode(), command) for command in commands
    ]
    assert any(of_message in command for command in heard)
    assert [command for command in heard if MARKER in command] == []
    assert MARKER not in live.worker.log
    calls = live.sql("select idempotent_call::text from idempotent_call")
    assert [call for (call,) in calls if MARKER in call] == []
    by = live.sql("select distinct service from audit_entry where door = 'service'")
    assert by == [("register",)]
