"""A sendout by real lanes, one of which is interrupted at a chosen point of its work."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC
from functools import wraps
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from models import Actor, Delivery, DeliveryState, Dispatch, DispatchState, Door
from models.clock import now
from models.database import new_session
from sandbox.mailbox import Mailbox
from tests.builders import LIMIT, Cast, a_mailer, an_eml, members
from tests.workflows.sendout.sending import deliveries, let_time_pass
from workflows.messages.write import Draft, write
from workflows.redis_client import redis_client
from workflows.sendout import claim
from workflows.sendout.domains import KEY as DOMAINS
from workflows.sendout.lane import Lane, Lanes
from workflows.sendout.left_behind import CLAIM_GRACE, settle_left_behind
from workflows.sendout.notebook import Notebook, key_of
from workflows.sendout.schedule import release
from workflows.sendout.send import Progress
from workflows.transaction import transaction

# What a lane does beside its commits; a point is just before each of them, and after a commit.
WORK = (
    *((Notebook, name) for name in ("begin", "keep", "write", "wait_for", "forget")),
    *((Progress, name) for name in ("add", "record")),
)


# The list has two members before others are added.
EDSGER_AND_BARBARA = 2


class Died(BaseException):
    """The process of a lane ends at this point."""


class Interruption:
    """Something that happens at the point `at` of a lane; the first one is 1, and 0 is none."""

    def __init__(self) -> None:
        self.set(0, die)

    def set(self, at: int, action: Callable[[], object]) -> None:
        self._at, self._action = at, action
        self.passed: list[str] = []  # the names of the points, up to this one

    @property
    def happened(self) -> bool:
        return len(self.passed) == self._at

    def point(self, name: str) -> None:
        """Count a point of the lane, and interrupt it if this is the chosen one."""
        if not self.happened:
            self.passed.append(name)
            if self.happened:
                self._action()


def die() -> None:
    raise Died


def claim_at_once(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Let each batch of a lane be of so many recipients."""
    monkeypatch.setattr(claim, "BATCH_SIZE", size)
    monkeypatch.setattr(claim, "MAX_BATCH_SIZE", size)


class Sendouts:
    """Sendouts to the members of the list, by lanes that can be interrupted."""

    def __init__(
        self,
        people: Cast,
        mailbox: Mailbox,
        monkeypatch: pytest.MonkeyPatch,
        *,
        recipients: int,  # whose addresses are at example.org
        notes: Path | None = None,  # the folder of note files
    ) -> None:
        self._people, self._mailbox, self._notes = people, mailbox, notes
        with transaction() as session:
            announce = session.merge(people.announce)
            self._members = members(session, announce, recipients - EDSGER_AND_BARBARA)
        self.interruption = Interruption()
        self.id = 0
        for owner, name in WORK:
            monkeypatch.setattr(owner, name, self._with_points(getattr(owner, name)))

    def begin(self) -> None:
        """Release another sendout; the mailbox is empty again."""
        self._mailbox.forget()
        redis_client.delete(DOMAINS)
        with transaction() as session:
            draft = Draft(session.merge(self._people.announce), an_eml())
            barbara = Actor(session.merge(self._people.barbara), Door.PORTAL)
            message = write(session, draft, actor=barbara, max_bytes=LIMIT)
            release(session, message, actor=barbara)
            session.flush()
            sendout = select(Dispatch.id).where(Dispatch.message_id == message.id)
            self.id = session.scalars(sendout).one()

    def interrupt(self, at: int, action: Callable[[], object]) -> bool:
        """Run a lane that is interrupted at this point; return whether it got there."""
        self.interruption.set(at, action)
        self._doubts_before = self._doubts()
        # A lane that has lost its connection to PostgreSQL may fail.
        with suppress(Died, SQLAlchemyError):
            self.run_lane()
        return self.interruption.happened

    def at_every_point(self, action: Callable[[], object], *, step: int = 1) -> Iterator[int]:
        """Interrupt one lane after the other, each at the next or `step`th next point; yield it.

        All lanes are of one sendout, in which some are refused.  The last one has recorded a batch,
        and claimed another unless it ends after the first.
        """
        self.begin()
        for address in self._members[::5]:
            self._mailbox.answer(address, "550 5.1.1 nobody here")
        for address in self._members[2::5]:
            self._mailbox.answer(address, "451 4.3.0 later")
        for at in count(1, step):
            if not self.interrupt(at, action):
                break
            yield at
            if "forget" in self.interruption.passed[:-3]:
                break
        assert {"keep", "add", "record", "forget"} <= set(self.interruption.passed)
        assert DeliveryState.PENDING in self.states(), "there were enough recipients"
        self.interruption.set(0, die)

    def run_lane(self) -> None:
        mailer = a_mailer(self._mailbox)
        one = Lanes(mailer.relay, mailer.copies, UTC, 1, self._transaction, notes=self._notes)
        Lane(self.id, one).run()

    def sweep(self) -> None:
        """Settle what was left behind, as if its time had come."""
        with transaction() as session:
            sending = update(Delivery).where(Delivery.state == DeliveryState.SENDING)
            session.execute(sending.values(claimed_at=now() - CLAIM_GRACE))
            settle_left_behind(session, self._notes)

    def settle(self) -> int:
        """Sweep; return how many copies are in doubt since the last lane that was interrupted."""
        self.sweep()
        self.let_time_pass()
        return self._doubts() - self._doubts_before

    def let_time_pass(self) -> DispatchState:
        """Make every delivery due; return the state of the sendout."""
        with transaction() as session:
            dispatch = session.get_one(Dispatch, self.id)
            let_time_pass(session, dispatch)
            redis_client.delete(DOMAINS)
            return dispatch.state

    def finish(self) -> None:
        """Sweep, and run lanes with large batches until the sendout is over."""
        with pytest.MonkeyPatch.context() as patch:
            claim_at_once(patch, 100)
            for _ in range(10):
                self.sweep()
                if self.let_time_pass() is DispatchState.SENT:
                    return
                self.run_lane()
        raise AssertionError("the sendout does not end")

    def finish_after(self, doubts: list[int]) -> None:
        """Finish; check that no lane left more than two in doubt, and nothing else left any."""
        self.finish()
        assert max(doubts) == 2
        assert self.uncertain() == sum(doubts)

    def lose_connections(self) -> None:
        """End the other connections to the database: their locks are lost."""
        others = text(
            "select pg_terminate_backend(pid, 60000) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
        bind = new_session.kw["bind"]
        bind.dispose()
        with bind.connect() as connection:
            connection.execute(others)

    def delete_notes(self) -> None:
        """Delete the notes of the copies that are being sent, as FLUSHALL would."""
        for key in self._keys():
            redis_client.delete(key)

    def restart_redis(self) -> None:
        """Let these notes be of an earlier run of Redis, as if it had been restarted."""
        for key in self._keys():
            note = redis_client.get(key)
            assert isinstance(note, bytes)
            redis_client.set(key, b"0" * note.index(b" ") + note[note.index(b" ") :])

    def rows(self) -> dict[str, Delivery]:
        """Return the deliveries by address, in the order in which they are sent."""
        with Session(new_session.kw["bind"]) as session:
            found = deliveries(session, session.get_one(Dispatch, self.id))
        return dict(sorted(found.items(), key=lambda item: item[1].id))

    def states(self) -> list[DeliveryState]:
        """Return the states in the order in which the copies are sent."""
        of_sendout = select(Delivery.state).where(Delivery.dispatch_id == self.id)
        with Session(new_session.kw["bind"]) as session:
            return list(session.scalars(of_sendout.order_by(Delivery.id)))

    def copies(self) -> Counter[str]:
        """Count the copies that arrived, by address."""
        return Counter(to for mail in self._mailbox.mails for to in mail.recipients)

    def uncertain(self) -> int:
        """Return how many are in doubt; check that each got one copy, or the rows say otherwise."""
        states, copies = {key: row.state for key, row in self.rows().items()}, self.copies()
        allowed = {
            DeliveryState.SENT: {1},
            DeliveryState.FAILED: {0},
            DeliveryState.UNCERTAIN: {0, 1},
        }
        assert {k: v for k, v in states.items() if copies[k] not in allowed[v]} == {}
        return list(states.values()).count(DeliveryState.UNCERTAIN)

    def _doubts(self) -> int:
        return self.states().count(DeliveryState.UNCERTAIN)

    def _keys(self) -> list[str]:
        claims = select(Delivery.claim).where(Delivery.state == DeliveryState.SENDING).distinct()
        with Session(new_session.kw["bind"]) as session:
            return [key_of(each) for each in session.scalars(claims) if each]

    @contextmanager
    def _transaction(self) -> Iterator[Session]:
        with transaction() as session:
            yield session
            self.interruption.point("commit")
        self.interruption.point("committed")

    def _with_points(self, work: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(work)
        def watched(*args: Any, **named: Any) -> Any:
            self.interruption.point(work.__name__)
            return work(*args, **named)

        return watched
