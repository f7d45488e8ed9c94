"""How many signed calls of a public task one worker answers, beside tasks that do nothing."""

import time
from functools import partial
from typing import Any, Final
from uuid import uuid4

from benchmarks.measuring import in_turn, seconds
from benchmarks.moderating import APPROVER, AUTHOR, TIMEOUT, a_draft, a_moderated_list, a_worker
from benchmarks.no_work import nothing
from benchmarks.results import Measured, report
from benchmarks.seeding import seed_people, settle
from models import Actor, Scope
from notifications.letters.keys import Keys
from sandbox.mailbox import Mailbox
from settings import settings
from workflows.celery import app
from workflows.services.authenticate import ENVELOPE, sign
from workflows.services.services import add_key, add_service
from workflows.transaction import transaction

CALLS: Final = 400
ROUNDS: Final = 5
GOAL: Final = 5.0

TASK: Final = "listgate.request_approval"


def main() -> None:
    """Run the benchmark and report the result."""
    seed_people(APPROVER)
    a_moderated_list()
    token = a_token()
    rounds = [[a_draft() for _ in range(CALLS)] for _ in range(ROUNDS)]
    settle()
    # Letters wait in another queue: each call is a request, its keys and a row for each letter.
    with Mailbox() as mailbox, a_worker(mailbox, "--queues=moderation"):
        do_nothing()
        ours, bare = in_turn(
            lambda number: seconds(partial(ask_all, rounds[number], token)),
            lambda _: seconds(do_nothing),
            rounds=ROUNDS,
        )
    report(Measured(f"{CALLS} signed calls of {TASK}", ours, bare, "s", GOAL))


def a_token() -> str:
    """Add a service, and return the token of its key."""
    with transaction() as session:
        operator = Actor.operator()
        service = add_service(session, "newsletter", [Scope.MESSAGES], actor=operator)
        key = add_key(session, service, actor=operator)
        return Keys.from_settings(settings).service_token(key.id, key.salt)


def ask_all(message_ids: list[int], token: str) -> None:
    """Request approval of each message, and wait for the answers."""
    wait_for_all([ask(message_id, token) for message_id in message_ids])


def ask(message_id: int, token: str) -> Any:
    """Enqueue one signed call."""
    task_id = str(uuid4())
    given = {"message_id": message_id, "author_id": AUTHOR, "idempotency_key": task_id}
    envelope = sign(token, (TASK, task_id, given), at=int(time.time()))
    return app.send_task(TASK, kwargs=given, task_id=task_id, headers={ENVELOPE: envelope})


def do_nothing() -> None:
    """Run as many tasks that do nothing, and wait for their results."""
    wait_for_all([nothing.delay() for _ in range(CALLS)])


def wait_for_all(results: list[Any]) -> None:
    """Wait for the result of each task."""
    for result in results:
        result.get(timeout=TIMEOUT)


if __name__ == "__main__":
    main()
