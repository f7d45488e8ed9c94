"""Send a message to a list by real workers, compared with a bare `smtplib.sendmail` loop.

Both send to the same sink on this machine.  The bare loop keeps no book: no row, no commit, no note
of its progress, no look whether the sendout was stopped.
"""

import os
import smtplib
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy import func, select

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

TIMEOUT: Final = 600.0  # seconds

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
        for kind, goal in (("personal", PERSONAL_GOAL), ("identical", IDENTICAL_GOAL)):
            ours, bare = in_turn(partial(sendout, kind), loop, ROUNDS)
            what = f"{COPIES:,} {kind} copies, {LANES} lanes, against a bare smtplib loop"
            report(Measured(what, ours, bare, "s", goal))


@contextmanager
def workers() -> Iterator[None]:
    """Run a worker for sendouts, as in production."""
    command = celery("worker", "--queues=sendout", f"--concurrency={LANES}")
    environment = os.environ | {"SENDOUT_LANES": str(LANES), "LOG_LEVEL": "WARNING"}
    with ExitStack() as stack:
        log = Path(stack.enter_context(tempfile.TemporaryDirectory()), "sendout.log")
        worker = stack.enter_context(Program(command, environment, log, ready="[queues]"))
        worker.wait_until_ready()
        yield


def sendout(kind: str, number: int) -> float:
    """Send to one list; return the seconds from the approval to the last copy."""
    with transaction() as session:
        mailing_list = lists.list_named(session, f"{kind}{number}")
        author = session.get_one(User, 1)
        message = Message(
            author=author, mailing_list=mailing_list, subject="Speed", size=len(RAW), raw=RAW
        )
        session.add(message)
        session.flush()
    return seconds(partial(send, message.id))


def send(message_id: int) -> None:
    """Approve the message and wait until it is sent."""
    with transaction() as session:
        message = session.get_one(Message, message_id)
        message.move(MessageState.SCHEDULED)
        dispatch = schedule(session, message, content_hash=message.content_hash(), released_by_id=1)
    deadline = time.monotonic() + TIMEOUT
    while state_of(dispatch.id) is not DispatchState.SENT:
        assert time.monotonic() < deadline, "the sendout does not end"
        time.sleep(0.05)
    with transaction() as session:
        sent = select(func.count()).where(
            Delivery.dispatch_id == dispatch.id, Delivery.state == DeliveryState.SENT
        )
        assert session.scalar(sent) == COPIES


def state_of(dispatch_id: int) -> DispatchState:
    with transaction() as session:
        return session.scalars(select(Dispatch.state).where(Dispatch.id == dispatch_id)).one()


def loop(_number: int) -> float:
    """Send as many copies over one connection, one after the other."""
    with transaction() as session:
        message = session.scalars(select(Message).limit(1)).one()
        content = example_copy(message, CopySettings.from_settings(settings))
    host, port = settings.smtp_url.get_secret_value().removeprefix("smtp://").split(":")

    def bare() -> None:
        with smtplib.SMTP(host, int(port)) as server:
            for number in range(COPIES):
                server.sendmail("bounces@example.org", f"member{number}@example.org", content)

    return seconds(bare)


if __name__ == "__main__":
    main()
