"""Actors of the random steps of test_push_promise: members, and workers with their commands."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from models import Actor, Door, MailingList, User
from workflows.people import addresses, users
from workflows.subscriptions.subscribe import subscribe, unsubscribe
from workflows.sync.command import Outcome
from workflows.sync.push import START_WITHIN, Claim

Verb = Callable[[Session, User, MailingList], object]


def join(session: Session, user: User, to: MailingList) -> None:
    subscribe(session, user, to, actor=Actor(user, Door.PORTAL))


def leave(session: Session, user: User, what: MailingList) -> None:
    unsubscribe(session, user, what, actor=Actor(user, Door.PORTAL))


def change_address(session: Session, user: User, _: MailingList) -> None:
    turned = user.address[::-1].partition("@")[2]
    addresses.change_address(session, user, f"{turned}@example.org", actor=Actor(user, Door.PORTAL))


def disable(session: Session, user: User, _: MailingList) -> None:
    users.disable(session, user, actor=Actor.operator())


def enable(session: Session, user: User, _: MailingList) -> None:
    users.enable(session, user, actor=Actor.operator())


VERBS: list[Verb] = [join, leave, change_address, disable, enable]


@dataclass(eq=False)
class Worker:
    """One that has claimed a push, and the command that it may have started."""

    claim: Claim
    read_at: int  # the step
    age: timedelta = timedelta(0)
    ran_for: timedelta | None = None
    outcome: Outcome | None = None
    alive: bool = True


def is_alive(worker: Worker) -> bool:
    return worker.alive


def may_start(worker: Worker) -> bool:
    return worker.alive and worker.ran_for is None and worker.age <= START_WITHIN


def is_running(worker: Worker) -> bool:
    return worker.ran_for is not None and worker.outcome is None


def may_finish(worker: Worker) -> bool:
    return worker.alive and worker.outcome is not None
