"""Send a message to a list by real workers, compared with bare programs (bare.py).

All send to the same sink on this machine.
"""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy import func, select

from benchmarks import bare
from benchmarks.measuring import in_turn, seconds
from benchmarks.results import Measured, report
from benchmarks.seeding import order, seed_list, seed_people, settle
from models import Delivery, DeliveryState, Dispatch, DispatchState, Message, MessageState, User
from notifications.mime.list_mail import CopySettings, example_copy
from sandbox.commands import celery
from sandbox.programs import Program
from settings import settings
from workflows.lists import lists
from workflows.sendout.schedule import schedule
from workflows.transaction import transaction

COPIES: Final = int(os.environ.get("SENDOUT_COPIES", "100_000"))
ROUNDS: Final = 2
LANES: Final = 2

# A third, and a sixth, of the time of the bare loop.
PERSONAL_GOAL: Final = 0.333
IDENTICAL_GOAL: Final = 0.167
# Each lane has at least 0.4 of the speed of a bare one.
LANE_GOAL: Final = 2.5

TIMEOUT: Final = 1800.0  # seconds
LOOK_EVERY: Final = 0.1

# What a row measures; "raw" is the bare program.
NAMED: Final = f"{COPIES:,} {{}} copies, {LANES} lanes; raw:".format

RAW: Final = (
    b"From: Member 1 <member1@example.org>\r\nSubject: Speed\r\n\r\n"
    + b"A line of a message that many people get.\r\n" * 30
)


def main() -> None:
    """Run the benchmark and report the results."""
    seed_people(COPIES)
    for number in range(ROUNDS):
        seed_list(f"personal{number}", every=1)
        seed_list(f"identical{number}", every=1)
    order("update mailing_list set personal = false where short_name like 'identical%'")
    settle()
    with workers():
        personal, loop = in_turn(partial(sendout, "personal"), bare_loop, ROUNDS)
        report(Measured(f"{NAMED('personal')} a smtplib loop", personal, loop, "s", PERSONAL_GOAL))
        lanes = seconds(bare_lanes)
        what = f"{NAMED('personal')} bare pipelined lanes"
        report(Measured(what, personal, lanes, "s", LANE_GOAL))
        identical, loop = in_turn(partial(sendout, "identical"), bare_loop, ROUNDS)
        what = f"{NAMED('identical')} a smtplib loop"
        report(Measured(what, identical, loop, "s", IDENTICAL_GOAL))


@contextmanager
def workers(number: int = 1) -> Iterator[list[Program]]:
    """Run workers for sendouts, as in production, with `LANES` lanes in all or one each."""
    environment = os.environ | {"SENDOUT_LANES": str(max(LANES, number)), "LOG_LEVEL": "WARNING"}
    options = ["--queues=sendout", f"--concurrency={max(1, LANES // number)}"]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        running = []
        for each in range(number):
            command = celery("worker", *options, f"--hostname=sendout{each}@%h")
            log = folder / f"sendout{each}.log"
            running.append(
                stack.enter_context(Program(command, environment, log, ready="[queues]"))
            )
        for worker in running:
            worker.wait_until_ready()
        yield running


def sendout(kind: str, number: int) -> float:
    """Send to one list; return the seconds from the approval to the last copy."""
    message_id = a_message(f"{kind}{number}")
    return seconds(partial(send, message_id, COPIES))


def a_message(list_name: str) -> int:
    """Add a message to the list, and return its id."""
    with transaction() as session:
        message = Message(
            author=session.get_one(User, 1),
            mailing_list=lists.list_named(session, list_name),
            subject="Speed",
            size=len(RAW),
            raw=RAW,
        )
        session.add(message)
        session.flush()
        return message.id


def send(message_id: int, copies: int) -> int:
    """Approve the message, wait until it is sent, and return the id of its dispatch."""
    with transaction() as session:
        message = session.get_one(Message, message_id)
        message.move(MessageState.SCHEDULED)
        dispatch = schedule(session, message, content_hash=message.content_hash(), released_by_id=1)
    deadline = time.monotonic() + TIMEOUT
    while state_of(dispatch.id) is not DispatchState.SENT:
        assert time.monotonic() < deadline, "the sendout does not end"
        time.sleep(LOOK_EVERY)
    with transaction() as session:
        sent = select(func.count()).where(
            Delivery.dispatch_id == dispatch.id, Delivery.state == DeliveryState.SENT
        )
        assert session.scalar(sent) == copies
    return dispatch.id


def state_of(dispatch_id: int) -> DispatchState:
    with transaction() as session:
        return session.scalars(select(Dispatch.state).where(Dispatch.id == dispatch_id)).one()


def bare_loop(_number: int) -> float:
    return seconds(partial(bare.loop, server(), a_copy(), COPIES))


def bare_lanes() -> None:
    bare.lanes(server(), a_copy(), COPIES, number=LANES)


def server() -> str:
    """Return host and port of the sink."""
    return settings.smtp_url.get_secret_value().removeprefix("smtp://")


def a_copy() -> bytes:
    """Return what the bare programs send."""
    with transaction() as session:
        message = session.scalars(select(Message).limit(1)).one()
        return example_copy(message, CopySettings.from_settings(settings))


if __name__ == "__main__":
    main()
