"""`listgate.sync_people`: the answer, a dry run, what is refused, and the time that it has."""

from itertools import count
from typing import Any

import pytest
from sqlalchemy.orm import Session

from models import Actor, Invalid
from tests.builders import person
from tests.workflows.people.registers import HEADER, a_service, of_service
from workflows.celery import app
from workflows.people.register_sync import ManyMissing, UnusableLines
from workflows.public.call import require_public
from workflows.public.caller import Caller
from workflows.public.people_sync import SyncPeople, lines_of, sync_people
from workflows.services.services import add_key

NOTHING = dict.fromkeys(
    ("added", "linked", "readdressed", "edited", "disabled", "enabled", "refused"), 0
)
numbers = count()


def perform(session: Session, caller: Caller, lines: list[str], **others: Any) -> dict[str, Any]:
    """Return the answer to a call with a new idempotency key."""
    csv = HEADER + "".join(f"{line}\n" for line in lines)
    given = {"idempotency_key": str(next(numbers)), "csv": csv, **others}
    return sync_people.perform(session, caller, given)


def people(count: int) -> list[str]:
    """Return lines about so many people."""
    return [f"{n},member{n}@crm.example,Member {n},en" for n in range(count)]


def test_the_answer_has_counts_and_a_dry_run_changes_nothing(session: Session) -> None:
    crm = a_service(session)
    caller = Caller(add_key(session, crm, actor=Actor.operator()))
    lines = [*people(20), "x,nowhere,Nobody,en"]
    counts = NOTHING | {"lines": 21, "added": 20, "refused": 1}

    dry = perform(session, caller, lines, dry_run=True)
    assert of_service(session, crm) == {}
    with pytest.raises(UnusableLines):
        perform(session, caller, lines)
    done = perform(session, caller, lines, skip_refused=True)

    refused = [{"line": 22, "reason": "This is not an e-mail address: it needs one @ sign."}]
    assert dry == {**counts, "dry_run": True, "refused_lines": refused}
    assert done == {**counts, "dry_run": False, "refused_lines": refused}
    with pytest.raises(ManyMissing):
        perform(session, caller, people(10))
    assert perform(session, caller, people(10), confirm=True)["disabled"] == 10


def test_only_a_service_has_a_register(session: Session) -> None:
    crm, barbara = a_service(session), person(session, "Barbara Liskov", "administrator")
    for by, sentence in ((None, "needs a person who acts"), (barbara.id, "sign the call")):
        with pytest.raises(Invalid, match=sentence):  # no one signs for it
            perform(session, Caller(), people(1), by_id=by)
    assert of_service(session, crm) == {}


def test_no_queue_shows_the_register() -> None:
    with pytest.raises(Invalid, match="Put csv into the parcel"):
        require_public(SyncPeople, {"idempotency_key": "k", "csv": HEADER})


def test_a_register_is_a_text_without_a_nul(subtests: pytest.Subtests) -> None:
    for csv in ["", "a\0b", 1]:
        with subtests.test(csv=csv), pytest.raises(Invalid, match=r"^csv: "):
            SyncPeople.read({"idempotency_key": "k", "csv": csv})


def test_a_long_register_is_read_without_a_copy() -> None:
    csv = HEADER * 1000

    call = SyncPeople.read({"idempotency_key": "k", "csv": csv})

    assert call.csv is csv
    assert "".join(lines_of(csv + "end")) == csv + "end"


def test_a_register_has_more_time_than_other_calls() -> None:
    task: Any = app.tasks["listgate.sync_people"]

    assert app.conf.task_time_limit < task.soft_time_limit < task.time_limit
