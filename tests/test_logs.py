"""Logs: one line per event for machines, without addresses, names or texts (P11)."""

import json
import logging
from collections.abc import Callable, Iterator
from datetime import UTC

import pytest
from redis import Redis
from sqlalchemy.orm import Session

from models import Notification, OutboxEntry
from notifications.letters import delivery
from sandbox.mailbox import Mailbox
from sandbox.valkey import Valkey
from tests.builders import Cast, a_dispatch, a_letter
from tests.faults.shared import kill_shared_worker
from tests.letter_context import a_context
from tests.log_lines import Lines, configure
from tests.workflows.sendout.sending import send_claimed
from workflows.celery import app
from workflows.outbox import publish
from workflows.sendout.claim import claim_batch

__all__ = ["configure"]

GRACE = "grace@example.org"
LETTER = OutboxEntry(Notification, 0, due_at=None)
PRIVATE = ["@", "General assembly", "please come", "Grace", "Edsger", "s3cret"]


@pytest.fixture
def empty_queue(own_valkey: Valkey, pytestconfig: pytest.Config) -> Iterator[None]:
    """An empty broker without a consumer, emptied again afterwards."""
    kill_shared_worker(pytestconfig)
    with Redis.from_url(own_valkey.url) as client:
        client.delete("letters")
        yield
        own_valkey.start()
        client.delete("letters")


def fail_with(address: str) -> None:
    """Raise with a private value in a local variable."""
    raise ZeroDivisionError(len(address))


def test_an_event_is_one_json_object_in_one_line(
    configure: Callable[[str, str], Lines],
) -> None:
    lines = configure("INFO", "json")

    logging.getLogger("doors").info("something\nhappened", extra={"number": 3, "data": GRACE})
    logging.getLogger("a.library").warning("%s of %s", 1, 2)

    ours, theirs = (json.loads(line) for line in lines())
    assert (ours["event"], ours["number"], ours["level"]) == ("something\nhappened", 3, "info")
    assert (theirs["event"], theirs["level"]) == ("1 of 2", "warning")
    assert theirs["logger"] == "a.library"
    assert ours.keys() == {"event", "number", "level", "logger", "timestamp"}
    assert ours["timestamp"].endswith("Z")


@pytest.mark.parametrize(
    ("level", "shown"),
    [
        ("DEBUG", ["debug", "info", "warning", "error"]),
        ("INFO", ["info", "warning", "error"]),
        ("WARNING", ["warning", "error"]),
        ("ERROR", ["error"]),
    ],
)
def test_an_event_below_the_level_is_not_logged(
    configure: Callable[[str, str], Lines], level: str, shown: list[str]
) -> None:
    lines = configure(level, "json")

    for name in ("debug", "info", "warning", "error"):
        getattr(logging.getLogger("a.library"), name)("from a library")

    assert [json.loads(line)["level"] for line in lines()] == shown


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_traceback_shows_no_values(configure: Callable[[str, str], Lines], form: str) -> None:
    lines = configure("INFO", form)

    try:
        fail_with(GRACE)
    except ZeroDivisionError:
        logging.getLogger("celery.app.trace").exception("a task failed")

    text = "\n".join(lines())
    assert "ZeroDivisionError" in text
    assert "fail_with" in text
    assert GRACE not in text


def test_a_traceback_is_in_the_same_line_and_can_be_read(
    configure: Callable[[str, str], Lines],
) -> None:
    lines = configure("INFO", "json")

    try:
        fail_with(GRACE)
    except ZeroDivisionError:
        logging.getLogger("ours").exception("a task failed")

    (line,) = lines()
    (exception,) = json.loads(line)["exception"]
    assert exception["exc_type"] == "ZeroDivisionError"
    assert exception["frames"][-1]["name"] == "fail_with"


def test_a_console_line_is_readable(configure: Callable[[str, str], Lines]) -> None:
    lines = configure("INFO", "console")

    logging.getLogger("ours").info("something happened", extra={"number": 3})

    (line,) = lines()
    assert "something happened" in line
    assert "number" in line
    assert not line.startswith("{")


@pytest.mark.parametrize("form", ["json", "console"])
@pytest.mark.parametrize(
    "reply",
    ["", "unavailable", f"451 4.7.1 <{GRACE}>", f"550 5.1.1 <{GRACE}>"],
    ids=["taken", "relay unavailable", "refused for now", "refused for good"],
)
def test_the_log_of_a_letter_has_no_name_address_or_text(
    session: Session,
    people: Cast,
    configure: Callable[[str, str], Lines],
    *,
    reply: str,
    form: str,
) -> None:
    letter = a_letter(session, people)
    lines = configure("INFO", form)

    with Mailbox() as mailbox:
        if reply == "unavailable":
            mailbox.stop()
        elif reply:
            mailbox.answer(None, reply)
        delivery.deliver(session, letter, a_context(mailbox))

    text = "\n".join(lines())
    assert [each for each in PRIVATE if each in text] == []
    assert bool(text) == (reply != "")


@pytest.mark.parametrize("unavailable", [True, False])
def test_the_log_of_a_sendout_has_no_name_address_or_text(
    session: Session,
    people: Cast,
    configure: Callable[[str, str], Lines],
    unavailable: bool,
) -> None:
    waiting = a_dispatch(session, people)
    lines = configure("DEBUG", "json")

    with Mailbox() as mailbox:
        mailbox.answer(None, "550 5.1.1 <edsger@example.org>: no such user", times=1)
        if unavailable:
            mailbox.stop()
        send_claimed(session, waiting.id, claim_batch(session, waiting, UTC), mailbox)

    text = "\n".join(lines())
    assert [each for each in PRIVATE if each in text] == []
    assert ("relay unavailable" in text) == unavailable


def test_a_publication_without_a_broker_is_one_line_without_the_password(
    configure: Callable[[str, str], Lines], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = configure("INFO", "json")
    monkeypatch.setattr(app.conf, "broker_url", "redis://:s3cret@127.0.0.1:1/0")

    publish([LETTER])

    (line,) = lines()
    assert json.loads(line)["entries"] == 1
    assert [each for each in PRIVATE if each in line] == []


@pytest.mark.parametrize("end", ["stop", "kill"])
@pytest.mark.usefixtures("empty_queue")
def test_publications_through_a_connection_that_was_cut_are_one_line(
    configure: Callable[[str, str], Lines], own_valkey: Valkey, end: str
) -> None:
    lines = configure("INFO", "json")
    publish([LETTER])
    getattr(own_valkey, end)()

    publish([LETTER] * 3)

    (line,) = lines()
    assert json.loads(line)["entries"] == 3


@pytest.mark.usefixtures("empty_queue")
def test_tasks_are_published_again_when_the_queue_is_back(
    configure: Callable[[str, str], Lines], own_valkey: Valkey
) -> None:
    lines = configure("INFO", "json")
    publish([LETTER])
    own_valkey.stop()
    own_valkey.start()

    for _ in range(3):
        publish([LETTER])

    # The first of them may have met the old connection; the sweep publishes that one again.
    assert len(lines()) <= 1
    with Redis.from_url(own_valkey.url) as client:
        assert client.llen("letters") >= 3
