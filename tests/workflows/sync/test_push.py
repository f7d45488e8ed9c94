"""One push of a list: its addresses, the changes it covers, the row that remains."""

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryFile

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from models import Actor, Door, PushedPart, SubscriptionChange, SyncState, User
from models.clock import now
from settings import settings
from tests.builders import Cast, a_list
from tests.workflows.sync.pushing import RULES, ListServer, asked, crowd, last
from workflows.people import users
from workflows.subscriptions.subscribe import subscribe, unsubscribe
from workflows.sync import snapshot
from workflows.sync.command import Commands, run
from workflows.sync.push import Rules, claim_push, finish_push, run_command
from workflows.sync.snapshot import stored_lines


def unclaimed(session: Session) -> int:
    return session.scalars(
        select(func.count(SubscriptionChange.id)).where(SubscriptionChange.sync_id.is_(None))
    ).one()


def test_a_push_hands_over_everybody_sorted(
    session: Session, people: Cast, server: ListServer
) -> None:
    server.command = f"tee {server.folder}/announce"
    waiting = asked(session, people.announce)

    server.push(session, waiting)

    assert server.addresses(people.announce) == ["barbara@example.org", "edsger@example.org"]
    assert (waiting.state, waiting.addresses, waiting.exit_status) == (SyncState.DONE, 2, 0)


def test_every_line_has_its_end(session: Session, people: Cast, server: ListServer) -> None:
    server.push(session, asked(session, people.announce))

    written = (server.folder / "announce").read_bytes()
    assert written == b"barbara@example.org\nedsger@example.org\n"


def test_an_empty_list_is_pushed_as_nothing(
    session: Session, people: Cast, server: ListServer
) -> None:
    for member in (people.edsger, people.barbara):
        unsubscribe(session, member, people.announce, actor=Actor(member, Door.PORTAL))

    server.push(session, asked(session, people.announce))

    assert (server.folder / "announce").read_bytes() == b""


def test_lines_are_sorted_by_bytes_whatever_the_database_thinks(
    session: Session, people: Cast, server: ListServer
) -> None:
    for address in ("Zoe@example.org", "émile@example.org", "a.b@example.org", "ab@example.org"):
        user = people_add(session, address)
        subscribe(session, user, people.announce, actor=Actor(user, Door.PORTAL))

    server.push(session, asked(session, people.announce))

    lines = (server.folder / "announce").read_bytes().splitlines()
    assert lines == sorted(lines)
    assert len(lines) == 6


def people_add(session: Session, address: str) -> User:
    return users.add_user(session, address, "Somebody", actor=Actor.operator())


def test_disabled_people_are_on_no_list_of_the_list_server(
    session: Session, people: Cast, server: ListServer
) -> None:
    disable(session, people)

    server.push(session, asked(session, people.announce))

    assert server.addresses(people.announce) == ["barbara@example.org"]


def disable(session: Session, people_: Cast) -> None:
    users.disable(session, people_.edsger, actor=Actor(people_.barbara, Door.PORTAL))


def test_a_push_covers_every_change_before_it(
    session: Session, people: Cast, server: ListServer
) -> None:
    waiting = asked(session, people.announce)

    server.push(session, waiting)

    assert unclaimed(session) == 0
    changes = session.scalars(select(SubscriptionChange)).all()
    assert {change.sync_id for change in changes} == {waiting.id}


def test_a_change_while_the_command_runs_asks_for_another_push(
    session: Session, people: Cast
) -> None:
    waiting = asked(session, people.announce)

    with TemporaryFile(buffering=0) as addresses:
        claimed = claim_push(session, waiting.id, addresses, RULES)
        assert claimed
        subscribe(session, people.ada, people.announce, actor=Actor(people.ada, Door.PORTAL))
        outcome = run(
            ["cat"],
            addresses,
            limit=RULES.timeout,
            not_after=claimed.not_after,
            environment={"PATH": "/usr/bin:/bin"},
        )
        finish_push(session, claimed, outcome, RULES)

    assert waiting.state is SyncState.DONE
    assert unclaimed(session) == 1
    assert asked(session, people.announce).id > waiting.id


def test_only_one_worker_claims_a_push(session: Session, people: Cast) -> None:
    waiting = asked(session, people.announce)

    with TemporaryFile(buffering=0) as addresses:
        first = claim_push(session, waiting.id, addresses, RULES)
        second = claim_push(session, waiting.id, addresses, RULES)

    assert first is not None
    assert second is None


def test_a_push_is_not_claimed_before_its_time(session: Session, people: Cast) -> None:
    waiting = asked(session, people.announce)
    waiting.postpone(now() + timedelta(minutes=1))

    with TemporaryFile(buffering=0) as addresses:
        assert claim_push(session, waiting.id, addresses, RULES) is None


def test_nothing_is_pushed_while_lists_are_off(session: Session, people: Cast) -> None:
    off = Rules(enabled=False, timeout=timedelta(seconds=1), max_shrink=30, alert_after=3)
    waiting = asked(session, people.announce)

    with TemporaryFile(buffering=0) as addresses:
        assert claim_push(session, waiting.id, addresses, off) is None

    assert waiting.state is SyncState.PENDING


def test_a_list_with_a_command_of_its_own_is_pushed_by_that_one(
    session: Session, people: Cast, tmp_path: Path
) -> None:
    other = a_list(session, "staff")
    own = {"staff": f"tee {tmp_path}/{{short_name}}-own"}
    commands = Commands(f"tee {tmp_path}/{{short_name}}", own, settings.command_environment)

    for mailing_list in (people.announce, other):
        with TemporaryFile(buffering=0) as addresses:
            claimed = claim_push(session, asked(session, mailing_list).id, addresses, RULES)
            assert claimed
            assert run_command(claimed, commands, RULES).failure is None

    assert {path.name for path in tmp_path.iterdir()} == {"announce", "staff-own"}


def test_the_content_of_a_successful_push_is_stored(
    session: Session, people: Cast, server: ListServer
) -> None:
    server.push(session, asked(session, people.announce))

    kept = list(stored_lines(session, people.announce.id))
    assert kept == [b"barbara@example.org\n", b"edsger@example.org\n"]


def test_the_same_content_is_not_stored_twice(
    session: Session, people: Cast, server: ListServer
) -> None:
    server.push(session, asked(session, people.announce))
    before = session.scalar(text("select xmin::text from pushed_part"))

    server.push(session, asked(session, people.announce))

    assert session.scalar(text("select xmin::text from pushed_part")) == before


def test_a_large_push_is_kept_in_parts_of_whole_lines(
    session: Session, people: Cast, server: ListServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "PART", 1_000)
    crowd(session, people, 200)

    server.push(session, asked(session, people.announce))

    assert session.scalars(select(func.count(PushedPart.number))).one() > 1
    kept = b"".join(stored_lines(session, people.announce.id))
    assert kept == (server.folder / "announce").read_bytes()
    assert last(session).addresses == 202
