"""How soon an approver gets the letter about a request, and how soon an answer is decided.

The letter goes through a real worker to a real SMTP server, compared with the round trip of a task
that does nothing.  Answers come at a fixed pace, whether or not those before are decided.
"""

import multiprocessing
import os
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import quantiles
from typing import Final

from benchmarks.measuring import in_turn, seconds
from benchmarks.no_work import nothing
from benchmarks.results import Measured, report
from benchmarks.seeding import seed_people, settle
from models import Actor, Door, User, Verdict, WhoMayAsk
from sandbox.commands import celery
from sandbox.mailbox import Mailbox
from sandbox.programs import Program
from workflows.lists import lists
from workflows.messages.write import Draft, message_by_id, write
from workflows.moderation.decide import decide, request_approval, request_by_id
from workflows.transaction import transaction

LETTERS: Final = 30
LETTER_GOAL: Final = 8.0

PACE: Final = 100  # answers per second
ANSWERS: Final = 1000
WARM_UP: Final = 40
DECISION_GOAL: Final = 100.0  # ms, the 99th of 100

PROCESSES: Final = 4
TIMEOUT: Final = 60.0  # seconds

AUTHOR: Final = 1
APPROVER: Final = 2

MAIL: Final = b"From: member1@example.org\r\nSubject: Party\r\n\r\nPlease come.\r\n"


def main() -> None:
    """Run the benchmark and report the results."""
    seed_people(APPROVER)
    a_moderated_list()
    report(letters(), decisions())


def a_moderated_list() -> None:
    """Add the list news, with one approver."""
    with transaction() as session:
        approver = session.get_one(User, APPROVER)
        operator = Actor.operator()
        editors = lists.create_approver_list(session, "editors", [approver], actor=operator)
        new = lists.NewList(
            "news",
            "news@example.org",
            "News",
            who_may_ask=WhoMayAsk.ACCOUNTS,
            max_open_requests=0,
        )
        news = lists.create_list(session, new, actor=operator)
        lists.assign_approvers(session, news, editors, actor=operator)


def letters() -> Measured:
    """Measure from the request to its letter, on an idle machine."""
    drafts = [a_draft() for _ in range(LETTERS)]
    settle()
    with Mailbox() as mailbox, a_worker(mailbox):
        round_trip()
        ours, bare = in_turn(
            lambda number: seconds(partial(ask_and_wait, drafts[number], mailbox)) * 1000,
            lambda _: seconds(round_trip) * 1000,
            rounds=LETTERS,
        )
    return Measured("from asking to the letter at the mail server", ours, bare, "ms", LETTER_GOAL)


def decisions() -> Measured:
    """Measure from an answer to its decision, while `PACE` answers come each second."""
    requests = [ask(a_draft()) for _ in range(WARM_UP + ANSWERS)]
    settle()
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, spawned) as processes:
        for _ in processes.map(approve, requests[:WARM_UP]):
            pass
        due = [time.monotonic() + number / PACE for number in range(ANSWERS)]
        taken = list(processes.map(answer, requests[WARM_UP:], due))
    slow = quantiles(taken, n=100)[-1]
    return Measured(f"p99 of a decision, {PACE} a second", slow, None, "ms", DECISION_GOAL)


@contextmanager
def a_worker(mailbox: Mailbox, *options: str) -> Iterator[None]:
    """Run a worker for letters, as many as are asked for, and for the task that does nothing."""
    command = celery("worker", "--include=benchmarks.no_work", "--concurrency=2", *options)
    environ = os.environ | {"SMTP_URL": mailbox.url, "REQUEST_LETTERS_PER_HOUR": "0"}
    with (
        tempfile.TemporaryDirectory() as folder,
        Program(command, environ, Path(folder, "worker.log"), ready="ready.") as worker,
    ):
        worker.wait_until_ready()
        yield


def a_draft() -> int:
    """Add a draft, and return its id."""
    with transaction() as session:
        author, news = session.get_one(User, AUTHOR), lists.list_named(session, "news")
        actor = Actor(author, Door.PORTAL)
        return write(session, Draft(news, MAIL), actor=actor, max_bytes=len(MAIL)).id


def ask(message_id: int) -> int:
    """Request approval, and return the request's id."""
    with transaction() as session:
        message = message_by_id(session, message_id)
        return request_approval(session, message, actor=Actor(message.author, Door.PORTAL)).id


def ask_and_wait(message_id: int, mailbox: Mailbox) -> None:
    """Request approval, and wait for the letter."""
    before = len(mailbox.mails)
    ask(message_id)
    deadline = time.monotonic() + TIMEOUT
    while len(mailbox.mails) == before:
        assert time.monotonic() < deadline, "no letter came"
        time.sleep(0.0005)


def round_trip() -> None:
    """Call a task that does nothing, and wait for its result."""
    nothing.delay().get(timeout=TIMEOUT)


def answer(request_id: int, due: float) -> float:
    """Approve when it is `due`; return the milliseconds from then to the commit."""
    time.sleep(max(0.0, due - time.monotonic()))
    approve(request_id)
    return (time.monotonic() - due) * 1000


def approve(request_id: int) -> None:
    """Approve, as a page does."""
    with transaction() as session:
        actor = Actor(session.get_one(User, APPROVER), Door.PORTAL)
        decide(session, request_by_id(session, request_id), Verdict.APPROVED, actor=actor)


if __name__ == "__main__":
    main()
