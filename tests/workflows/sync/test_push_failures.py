"""A push that fails is repeated, and people hear of it once; what a dead worker left is ended."""

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryFile

from sqlalchemy import String, cast, select
from sqlalchemy.orm import Session

from models import Failure, LetterName, Notification, Sync, SyncState
from models.clock import now
from tests.builders import Cast
from tests.workflows.sync.pushing import RULES, ListServer, again, asked
from workflows.sync import push
from workflows.sync.command import Outcome, run
from workflows.sync.push import Claim


def letters(session: Session) -> list[tuple[str, str]]:
    """Return the letters about pushes, with their recipients."""
    sent = session.scalars(
        select(Notification)
        .where(cast(Notification.letter, String).like("SysMsgSync%"))
        .order_by("id")
    )
    return [(letter.user.name, letter.letter) for letter in sent]


def fail(session: Session, server: ListServer, waiting: Sync, *, times: int) -> None:
    """Let the push fail so often, and then succeed."""
    server.is_failing = True
    for _ in range(times):
        server.push(session, again(waiting))
    server.is_failing = False


def test_a_failed_push_waits_and_says_why(
    session: Session, people: Cast, server: ListServer
) -> None:
    server.command = "sh -c 'echo no such list >&2; exit 4'"
    waiting = asked(session, people.announce)

    server.push(session, waiting)

    assert (waiting.state, waiting.failure) == (SyncState.PENDING, Failure.EXIT_STATUS)
    assert (waiting.exit_status, waiting.stderr) == (4, "no such list\n")
    assert waiting.due_at > now()


def test_each_failure_makes_it_wait_longer(
    session: Session, people: Cast, server: ListServer
) -> None:
    waiting, delays = asked(session, people.announce), []

    for _ in range(4):
        fail(session, server, waiting, times=1)
        delays.append(waiting.due_at - now())

    assert delays == sorted(delays)
    assert delays[-1] > 3 * delays[0]


def test_a_success_after_failures_forgets_the_reason(
    session: Session, people: Cast, server: ListServer
) -> None:
    waiting = asked(session, people.announce)
    fail(session, server, waiting, times=2)

    server.push(session, again(waiting))

    assert (waiting.state, waiting.failure, waiting.exit_status) == (SyncState.DONE, None, 0)
    assert server.addresses(people.announce) == ["barbara@example.org", "edsger@example.org"]


def test_administrators_hear_once_that_it_fails_and_once_that_it_works(
    session: Session, people: Cast, server: ListServer
) -> None:
    waiting = asked(session, people.announce)

    fail(session, server, waiting, times=2)
    assert letters(session) == []
    fail(session, server, waiting, times=5)
    assert letters(session) == [("Barbara Liskov", LetterName.SYNC_FAILING)]
    server.push(session, again(waiting))

    assert letters(session)[1:] == [("Barbara Liskov", LetterName.SYNC_RECOVERED)]


def test_failures_below_the_alert_limit_notify_no_one(
    session: Session, people: Cast, server: ListServer
) -> None:
    waiting = asked(session, people.announce)
    fail(session, server, waiting, times=RULES.alert_after - 1)

    server.push(session, again(waiting))

    assert letters(session) == []


def claim(session: Session, waiting: Sync) -> Claim:
    """Claim a push, as a worker does that will never finish it."""
    with TemporaryFile(buffering=0) as addresses:
        claimed = push.claim_push(session, waiting.id, addresses, RULES)
    assert claimed
    return claimed


def end_lease(waiting: Sync) -> None:
    waiting.lease_until = now() - timedelta(seconds=1)


def test_a_lease_that_has_not_ended_is_unchanged(session: Session, people: Cast) -> None:
    waiting = asked(session, people.announce)
    claim(session, waiting)

    push.end_leases(session, RULES)

    assert waiting.state is SyncState.RUNNING


def test_the_push_of_a_dead_worker_is_repeated_when_its_lease_has_ended(
    session: Session, people: Cast, server: ListServer
) -> None:
    waiting = asked(session, people.announce)
    claim(session, waiting)
    end_lease(waiting)

    push.end_leases(session, RULES)

    assert (waiting.state, waiting.failure) == (SyncState.PENDING, Failure.WORKER_DIED)
    assert server.push(session, waiting)
    assert waiting.state is SyncState.DONE


def test_a_worker_that_slept_through_its_lease_starts_no_command(
    session: Session, people: Cast, tmp_path: Path
) -> None:
    claimed = claim(session, asked(session, people.announce))

    with TemporaryFile(buffering=0) as addresses:
        outcome = run(
            ["touch", str(tmp_path / "started")],
            addresses,
            limit=RULES.timeout,
            not_after=now() - timedelta(seconds=1),
            environment={"PATH": "/usr/bin:/bin"},
        )

    assert claimed.not_after + RULES.timeout < claimed.lease_until
    assert outcome.failure is Failure.STARTED_TOO_LATE
    assert not (tmp_path / "started").exists()


def test_a_worker_that_lost_its_lease_finishes_nothing(session: Session, people: Cast) -> None:
    waiting = asked(session, people.announce)
    lost = claim(session, waiting)
    end_lease(waiting)
    push.end_leases(session, RULES)
    holder = claim(session, waiting)

    push.finish_push(session, lost, succeeded(), RULES)

    assert waiting.state is SyncState.RUNNING
    assert waiting.lease_until == holder.lease_until


def succeeded() -> Outcome:
    return Outcome(None, 0, "", now(), now())
