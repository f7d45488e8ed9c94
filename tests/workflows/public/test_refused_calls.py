"""What the worker reports to Flower about a call that was refused."""

from typing import Any

from billiard.einfo import ExceptionInfo
from celery.contrib.testing.mocks import TaskMessage

from models import Refusal, Unknown
from workflows.celery import app
from workflows.moderation.approvers import NotAnApprover
from workflows.moderation.decide import AlreadyDecided
from workflows.public.declare import PublicRequest, without_addresses
from workflows.tasks import PUBLIC


class Flower:
    """Collects what a worker reports."""

    enabled = True

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []

    def send(self, kind: str, **fields: Any) -> None:
        self.events.append((kind, fields))


def reported(failure: Exception) -> tuple[str, dict[str, Any]]:
    """Return the event about a call that ended in this way in a process of the worker."""
    flower, task = Flower(), app.tasks["listgate.decide"]
    call = PublicRequest(TaskMessage(task.name), app=app, task=task, eventer=flower)
    try:
        raise failure
    except type(failure):
        ended = ExceptionInfo()
    call.on_success((True, ended, 0.1))
    (event,) = flower.events
    return event


def test_every_public_task_is_such_a_call() -> None:
    found: set[object] = {app.tasks[name].Request for name in PUBLIC}
    assert found == {PublicRequest}


def test_a_refusal_is_reported_as_done() -> None:
    for kind in [Refusal, AlreadyDecided, NotAnApprover]:
        name, fields = reported(kind("Grace Hopper was first."))

        assert (name, fields["result"]) == ("task-succeeded", "refused: Grace Hopper was first.")


def test_a_fault_is_reported_as_a_failure() -> None:
    name, fields = reported(ValueError("wrong"))

    assert (name, "result" in fields) == ("task-failed", False)


def test_no_sentence_shows_an_address() -> None:
    for sentence, shown in (
        ("There is no mailing list 'news@lists.example'.", "There is no mailing list '…'."),
        ("ada@a.example: Extra inputs; <b@b.example>", "…: Extra inputs; <…>"),
        ("The first 3 @ 4", "The first 3 @ 4"),
        ("a" * 1_000_000, "a" * 1_000_000),  # in no time
    ):
        assert str(without_addresses(Unknown(sentence))) == shown
    assert isinstance(without_addresses(Unknown("a@b.example")), Unknown)
