"""A split sendout during which everything fails: workers, mail server, PostgreSQL and Valkey.

In the end the mail server's record of what it took is held against the rows (P4, P5): each
recipient has one copy at most, of the variant that was drawn.  The seed decides the order of the
faults, and after how many copies each happens; the machine, what the processes are doing then.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from time import monotonic, sleep
from typing import Any, Final

import redis
from kombu.exceptions import OperationalError

from models import Actor, Door, ModerationRequest
from models.clock import now
from sandbox.mailbox import Step
from sandbox.postgres import Postgres
from sandbox.valkey import Valkey
from settings import Settings
from tests.builders import Cast
from tests.faults.live import LiveStack
from tests.waiting import PATIENCE
from tests.workflows.sendout.splitting import a_split
from workflows.moderation.decide import request_approval
from workflows.redis_client import redis_client
from workflows.sendout.domains import KEY
from workflows.sendout.lane import CONNECTIONS
from workflows.sendout.left_behind import NO_NOTE, UNANSWERED
from workflows.transaction import transaction

LANES: Final = Settings.model_fields["sendout_lanes"].default

# Sweeps come this often, as if an hour had passed each time.
SWEEP_EVERY: Final = 1.0  # seconds

# The longest time in which nothing arrives; a worker needs half a minute to find Valkey again.
STANDSTILL: Final = 2 * PATIENCE

DOMAINS: Final = 20
MEMBERS: Final = f"""
    with person as (
        insert into "user" (address, address_key, name, language, preference, created_at)
        select address, address, 'Member ' || n, 'en', 'email', now()
        from (select n, 'member' || n || '@d' || n % {DOMAINS} || '.example' as address
              from generate_series(1, :number) as n) as numbered
        returning id
    )
    insert into subscription (list_id, user_id, since) select :list, id, now() from person
"""

# The percentages of the variants; the second one goes to the rest, which begins soon after these.
SHARES: Final = (40, 40)
REST_AFTER: Final = timedelta(seconds=3)

# How many of a thousand recipients are refused, and how: for now once, or for good always.
ANSWERS: Final[tuple[tuple[int, str, Step], ...]] = (
    (10, "550 5.1.1 no such person", "RCPT"),
    (5, "550 5.7.1 not that content", "DATA"),
    (10, "450 4.2.0 greylisted", "RCPT"),
    (5, "451 4.7.1 later", "DATA"),
    (2, "421 4.7.0 too many", "RCPT"),
    (2, "421 4.7.0 too fast", "DATA"),
)

# Why a copy is in doubt.  A killed worker leaves two for each of its lanes that was sending.  A
# connection that the mail server breaks off, or on which it says no more, leaves the copy whose
# content had begun.  A restarted PostgreSQL and a flushed or crashed Valkey leave none, even if
# a lane dies at the same time: its note is in a file, too.
LANE_LOST: Final = "lane lost"
BROKEN_OFF: Final = "connection broken off"
NO_NOTE_LEFT: Final = "note lost"
CAUSES: Final = {UNANSWERED: LANE_LOST, NO_NOTE: NO_NOTE_LEFT}

# How many copies the mail server may have taken, by state.
COPIES: Final = {"sent": {1}, "failed": {0}, "uncertain": {0, 1}}


@dataclass
class Account:
    """What became of the recipients, and how many may be in doubt."""

    faults: Counter[str]
    states: Counter[str]
    uncertain: Counter[str]  # by cause
    allowed: dict[str, int]  # the same
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"faults: {dict(self.faults)}; deliveries: {dict(self.states)};"
            f" uncertain by cause: {dict(self.uncertain)}, at most {self.allowed}"
        )


class FaultRun:
    """One sendout, and the faults that happen during it."""

    def __init__(
        self, live: LiveStack, postgres: Postgres, valkey: Valkey, seed: int, *, recipients: int
    ) -> None:
        self._live, self._postgres, self._valkey = live, postgres, valkey
        self._random, self._recipients = Random(seed), recipients  # noqa: S311 (no secret)
        self._faults: Counter[str] = Counter()
        self._lost: set[str] = set()  # the claims of lanes that were killed

    def run(self, faults: dict[str, int]) -> Account:
        """Send, with each of these faults so many times, and return what became of it."""
        drawn = [name for name, times in faults.items() for _ in range(times)]
        self._random.shuffle(drawn)
        self._begin()
        for number, name in enumerate(drawn):
            share = (number + self._random.random()) / (len(drawn) + 1)
            self._wait_for(int(share * self._recipients))
            sleep(self._random.uniform(0, 0.2))
            self._faults[name] += 1
            getattr(self, f"_{name}")()
        self._wait_for(self._recipients + 1)
        return self._account()

    def _begin(self) -> None:
        live = self._live
        live.sql(MEMBERS, number=self._recipients - 2, list=live.people.announce.id)
        numbers = list(range(1, self._recipients - 1))
        self._random.shuffle(numbers)
        for per_thousand, reply, step in ANSWERS:
            times = PATIENCE if reply.startswith("5") else 1
            for _ in range(max(1, self._recipients * per_thousand // 1000)):
                number = numbers.pop()
                address = f"member{number}@d{number % DOMAINS}.example"
                live.mailbox.answer(address, reply, times=times, at=step)
        live.decide(self._ask())

    def _ask(self) -> ModerationRequest:
        """Request approval of a message in two variants."""
        with transaction() as session:
            merged: Any = map(session.merge, self._live.people)
            people = Cast(*merged)
            message = a_split(session, people, *SHARES, winner=1)
            message.rest_at = now() + REST_AFTER
            return request_approval(session, message, actor=Actor(people.ada, Door.PORTAL))

    def _wait_for(self, copies: int) -> None:
        """Wait until the mail server has so many copies, or the sendout is over."""
        moved_at = swept_at = monotonic()
        before = self._arrived()
        while (arrived := self._arrived()) < copies:
            if arrived > before:
                before, moved_at = arrived, monotonic()
            assert monotonic() < moved_at + STANDSTILL, "the sendout stands still"
            if monotonic() > swept_at + SWEEP_EVERY:
                swept_at = monotonic()
                if self._is_over():
                    return
                self._supervise()
                self._sweep()
            sleep(0.02)

    def _arrived(self) -> int:
        return len(self._live.mailbox.mails)

    def _is_over(self) -> bool:
        return self._live.states("dispatch") == {"sent": 1}

    def _supervise(self) -> None:
        """Start the worker again if it has ended by itself, as production does."""
        if not self._live.worker.pid:
            self._faults["worker ended"] += 1
            self._lost |= self._claims("sending")
            self._live.worker.start()

    def _sweep(self) -> None:
        """Sweep as if an hour had passed.  Rows that lanes have locked are left out."""
        hour = "interval '1 hour'"
        self._live.sql(f"update dispatch set due_at = due_at - {hour}, ring_at = ring_at - {hour}")
        self._live.sql(
            "update delivery set next_attempt_at = least(next_attempt_at, now()),"
            f" claimed_at = claimed_at - {hour} where id in"
            " (select id from delivery where state = 'sending'"
            " or state = 'pending' and next_attempt_at > now() for update skip locked)"
        )
        # The next sweep is as good, once Valkey answers again.
        with suppress(OperationalError, redis.RedisError):
            redis_client.delete(KEY)  # in an hour, each domain has recovered
            self._live.sweep()

    # -- faults ------------------------------------------------------------------------------------

    def _kill(self) -> None:
        self._live.worker.kill()
        self._lost |= self._claims("sending")
        self._live.worker.start()

    def _claims(self, state: str) -> set[str]:
        """Return the claims that have deliveries in this state."""
        found = "select distinct claim::text from delivery where state = :state"
        return {claim for (claim,) in self._live.sql(found, state=state)}

    def _drop_after_content(self) -> None:
        self._live.mailbox.drop_after_data(times=3, kept=self._random.random() < 0.5)

    def _drop_in_content(self) -> None:
        self._live.mailbox.drop_in_data(times=3)

    def _stall(self) -> None:
        self._live.mailbox.stall(kept=self._random.random() < 0.5)

    def _stop_mail_server(self) -> None:
        self._live.mailbox.stop()
        sleep(self._random.uniform(0, 1))
        self._live.mailbox.start()

    def _stop_postgres(self) -> None:
        self._restart(self._postgres.stop)

    def _crash_postgres(self) -> None:
        self._restart(self._postgres.kill)

    def _restart(self, end: Callable[[], None]) -> None:
        end()
        sleep(self._random.uniform(0, 1))
        self._postgres.start()

    def _flush_valkey(self) -> None:
        with redis.Redis.from_url(self._valkey.url) as client:
            client.flushall()

    def _crash_valkey(self) -> None:
        self._valkey.kill()
        self._valkey.start()

    # -- the account -------------------------------------------------------------------------------

    def _account(self) -> Account:
        """Hold the mail server's record against the rows."""
        found = self._live.sql("select address, state, failure from delivery")
        rows = {address: (state, failure) for address, state, failure in found}
        account = Account(
            self._faults,
            Counter(state for state, _ in rows.values()),
            Counter(
                CAUSES.get(failure, BROKEN_OFF)
                for state, failure in rows.values()
                if state == "uncertain"
            ),
            self._allowed(),
        )
        copies = self._live.copies()
        account.wrong += [
            f"{state}, {copies[address]} copies: {failure}"
            for address, (state, failure) in rows.items()
            if copies[address] not in COPIES.get(state, set())
        ]
        account.wrong += [f"{each} is no recipient" for each in copies.keys() - rows.keys()]
        if len(rows) != self._recipients:
            account.wrong.append(f"{len(rows)} rows for {self._recipients} recipients")
        account.wrong += self._wrong_variants()
        account.wrong += [
            f"{number} in doubt, {cause}"
            for cause, number in account.uncertain.items()
            if number > account.allowed[cause]
        ]
        return account

    def _wrong_variants(self) -> Iterator[str]:
        """Yield each copy of another variant than the row says, and a share of a wrong size."""
        found = self._live.sql(
            "select address, subject from delivery join dispatch on dispatch.id = dispatch_id"
            " join message on message.id = coalesce(variant_id, message_id)"
        )
        drawn: dict[str, str] = dict(map(tuple, found))
        copies = [mail for mail in self._live.mailbox.mails if mail.message["List-Id"]]
        for copy in copies:
            for address in copy.recipients:
                if copy.message["Subject"] != drawn.get(address):
                    yield f"{copy.message['Subject']} instead of {drawn.get(address)}"
        first = Counter(drawn.values())["Variant 0"]
        if first != self._recipients * SHARES[0] // 100:
            yield f"{first} recipients have the first variant"

    def _allowed(self) -> dict[str, int]:
        """Return how many may be in doubt, by cause."""
        stops = self._faults["stop_mail_server"]
        return {
            LANE_LOST: 2 * len(self._lost),
            BROKEN_OFF: self._live.mailbox.broken + stops * LANES * CONNECTIONS,
            NO_NOTE_LEFT: 0,
        }
