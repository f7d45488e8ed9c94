"""`listgate sync`: push a list, show its pushes, confirm one that is held."""

import re

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Act, Actor, AuditEntry, Door, SyncState, Unknown
from models.clock import now
from portal.cli import push_history
from portal.cli import sync as commands
from settings import settings
from tests.builders import Cast, a_list, listgate
from tests.workflows.sync.pushing import ListServer, again, asked, failed, held, last
from workflows.subscriptions.subscribe import subscribe
from workflows.sync.request import Held, NotHeld, SwitchedOff

ALL = ["now announce", "status", "history announce", "diff announce", "confirm announce"]


def rows(*arguments: str) -> list[dict[str, str]]:
    """A table that a command prints, by the names of its columns."""
    head, *printed = listgate("sync", *arguments).stdout.splitlines()
    starts = [found.start() for found in re.finditer(r"\S+(?: \S+)*", head)]
    ends = [*starts[1:], None]
    return [
        {
            head[start:end].strip(): row[start:end].strip()
            for start, end in zip(starts, ends, strict=True)
        }
        for row in printed
    ]


@pytest.mark.usefixtures("people")
def test_where_nothing_is_pushed_every_command_names_the_setting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    off = settings.model_copy(update={"maillists_enabled": False})
    monkeypatch.setattr(commands, "settings", off)

    for command in ALL:
        with pytest.raises(SwitchedOff, match="MAILLISTS_ENABLED=false"):
            listgate("sync", *command.split())


@pytest.mark.usefixtures("session")
def test_a_list_that_is_not_there_is_unknown() -> None:
    for command in [each for each in ALL if " " in each] + ["status announce"]:
        with pytest.raises(Unknown, match="There is no mailing list 'announce'"):
            listgate("sync", *command.split())


def test_a_push_is_asked_for_at_once_and_on_record(session: Session, people: Cast) -> None:
    said = listgate("sync", "now", "announce").stdout

    entry = session.scalars(select(AuditEntry).where(AuditEntry.act == Act.ASKED_FOR_PUSH)).one()
    assert said == "The list announce is being pushed as soon as possible.\n"
    assert (last(session).state, last(session).due_at <= now()) == (SyncState.PENDING, True)
    assert (entry.actor, entry.door, entry.list_id) == (
        "operator",
        Door.COMMAND_LINE,
        people.announce.id,
    )


def test_a_push_that_runs_is_said_to_run(session: Session, people: Cast) -> None:
    asked(session, people.announce).move(SyncState.RUNNING)
    session.flush()

    assert listgate("sync", "now", "announce").stdout == "The list announce is being pushed.\n"


def test_a_held_push_is_not_asked_for_but_confirmed(
    session: Session, people: Cast, server: ListServer
) -> None:
    waiting = held(session, people, server)
    with pytest.raises(Held, match="push of announce is held"):
        listgate("sync", "now", "announce")

    said = listgate("sync", "confirm", "announce").stdout

    session.refresh(waiting)
    assert said == ("The push of announce may remove 10 of 12 addresses; 2 will be on the list.\n")
    assert (waiting.state, waiting.confirmed) == (SyncState.PENDING, 10)
    server.push(session, waiting)
    assert server.addresses(people.announce) == ["barbara@example.org", "edsger@example.org"]


@pytest.mark.usefixtures("people")
def test_there_is_nothing_to_confirm_where_nothing_is_held() -> None:
    with pytest.raises(NotHeld, match="No push of announce is held"):
        listgate("sync", "confirm", "announce")


@pytest.mark.usefixtures("session")
def test_without_lists_the_status_says_how_to_create_one() -> None:
    assert "listgate list create" in listgate("sync", "status").stdout


def test_the_status_shows_every_list_by_name(
    session: Session, people: Cast, server: ListServer
) -> None:
    for name in ("zoo", "bees"):
        a_list(session, name)
    session.flush()
    server.push(session, asked(session, people.announce))
    ada, announce = people.ada, people.announce
    subscribe(session, ada, announce, actor=Actor(ada, Door.PORTAL))
    session.flush()

    first, second, third = rows("status")

    assert [(row["list"], row["state"]) for row in (first, second, third)] == [
        ("announce", "done"),
        ("bees", "never pushed"),
        ("zoo", "never pushed"),
    ]
    assert (first["addresses"], first["unpushed"], first["failures"]) == ("2", "1", "0")
    assert first["last good push"].startswith(f"{now():%Y-}")
    assert (second["addresses"], second["last good push"], second["unpushed"]) == ("-", "-", "0")


def test_the_status_of_a_failing_list_says_how_often_and_why(
    session: Session, people: Cast, server: ListServer
) -> None:
    waiting = failed(session, server, people.announce, "sh -c 'cat; exit 7'")
    server.push(session, again(waiting))

    (row,) = rows("status", "announce")

    assert (row["state"], row["failures"], row["addresses"]) == ("pending", "2", "-")
    assert row["reason"] == "The command ended with exit status 7."


def test_the_status_of_a_held_list_says_what_to_do(
    session: Session, people: Cast, server: ListServer
) -> None:
    held(session, people, server)

    (row,) = rows("status", "announce")

    assert (row["state"], row["addresses"]) == ("held", "12")
    assert "would remove 10 addresses" in row["reason"]
    assert "listgate sync confirm" in row["reason"]


@pytest.mark.usefixtures("people")
def test_a_list_that_was_never_pushed_has_no_history() -> None:
    assert (
        "has never been pushed: listgate sync now announce"
        in listgate("sync", "history", "announce").stdout
    )


def test_the_history_shows_the_newest_push_first_and_its_stderr(
    session: Session, people: Cast, server: ListServer
) -> None:
    server.push(session, asked(session, people.announce))
    saying = "sh -c 'cat >/dev/null; printf \"[red]\\033[1mno\\nroute\" >&2; exit 3'"
    failed(session, server, people.announce, saying)

    newest, oldest = rows("history", "announce")

    assert (oldest["state"], oldest["addresses"], oldest["exit"]) == ("done", "2", "0")
    assert (oldest["reason"], oldest["stderr"]) == ("", "")
    assert re.fullmatch(r"\d+\.\d", oldest["seconds"])
    assert (newest["state"], newest["exit"]) == ("pending", "3")
    assert newest["reason"] == "The command ended with exit status 3."
    assert newest["stderr"] == "[red]no route"


def test_the_history_shows_so_many_pushes(
    session: Session, people: Cast, server: ListServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push_history, "MAX_PUSHES", 2)
    for _ in range(3):
        server.push(session, asked(session, people.announce))

    assert len(rows("history", "announce")) == 2
