"""P7: whatever happens in whatever order, the list server ends up with the database's state.

Random steps: members change, tasks run or are lost, workers claim, run the command, finish or
die in between, time passes.  A death here is a step that never comes; tests/faults kills real
workers.
"""

from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from random import Random
from tempfile import TemporaryFile
from typing import NamedTuple

from hypothesis import settings, strategies
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from models import (
    Failure,
    SubscriptionChange,
    Sync,
    SyncState,
)
from models.clock import now
from models.outbox import drain
from tests.builders import the_cast
from tests.workflows.sync.push_actors import (
    VERBS,
    Verb,
    Worker,
    is_alive,
    is_running,
    may_finish,
    may_start,
)
from tests.workflows.sync.pushing import RULES
from workflows.sync import push
from workflows.sync.command import KILL_GRACE, Outcome
from workflows.sync.request import (
    Debounce,
    request_debounced_push,
    request_due_pushes,
    unfinished_sync,
)
from workflows.sync.snapshot import parts

PACE = Debounce(timedelta(seconds=5), timedelta(seconds=60))
PASSED = text(
    "update sync set due_at = due_at - :passed, lease_until = lease_until - :passed;"
    " update subscription_change set at = at - :passed"
)
LONGEST_RUN = RULES.timeout + KILL_GRACE
NAMES = ["ada", "grace", "linus", "edsger", "barbara"]


class KilledError(Exception):
    """The worker is dead, and its transaction undone."""


class Step(NamedTuple):
    """A worker's step, and which workers can take it; without a condition it is a new one."""

    name: str
    condition: Callable[[Worker], bool] | None = None


STEPS = [
    Step("comes_to_nothing"),
    Step("comes_to_claim"),
    Step("comes_to_start"),
    Step("comes_to_start"),
    Step("start", may_start),
    Step("succeed", is_running),
    Step("fail", is_running),
    Step("finish", may_finish),
    Step("die", is_alive),
]


class Pushing(RuleBasedStateMachine):
    """The list announce, its pushes, and a list server that remembers what it was given."""

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.connection = self.stack.enter_context(engine.connect())
        self.stack.callback(self.connection.begin().rollback)
        savepoints = Session(
            self.connection, join_transaction_mode="create_savepoint", expire_on_commit=False
        )
        self.session = self.stack.enter_context(savepoints)
        self.workers: list[Worker] = []
        self.is_published = False
        self.server: list[str] = []
        self.step = 0
        self.read_by_success: dict[int, int] = {}
        self.committed_at: dict[int, int] = {}

    @initialize()
    def move_in(self) -> None:
        with self.session.begin():
            self.people = the_cast(self.session)
        self.wait(6)
        self.task("swept")

    def after_commit(self) -> None:
        self.step += 1
        self.is_published |= any(entry.debounced for entry in drain(self.session))
        for change_id in self.session.scalars(select(SubscriptionChange.id)):
            self.committed_at.setdefault(change_id, self.step)
        self.session.rollback()

    @rule(name=strategies.sampled_from(NAMES), verb=strategies.sampled_from(VERBS))
    def change(self, name: str, verb: Verb) -> None:
        with self.session.begin():
            verb(self.session, getattr(self.people, name), self.people.announce)
        self.after_commit()

    # -- tasks and time ---------------------------------------------------------------------------

    @rule(step=strategies.sampled_from([1, 6, 20, 60, "run", "lost", "swept"]))
    def meanwhile(self, step: int | str) -> None:
        if isinstance(step, int):
            self.wait(step)
        else:
            self.task(step)

    def task(self, how: str) -> None:
        """The published task runs, or FLUSHALL loses it, or the sweep comes round."""
        published, self.is_published = self.is_published, False
        with self.session.begin():
            if how == "run" and published:
                request_debounced_push(self.session, self.people.announce.id, PACE)
            if how == "swept":
                push.end_leases(self.session, RULES)
                request_due_pushes(self.session, PACE)
        self.after_commit()

    def wait(self, seconds: int) -> None:
        passed = timedelta(seconds=seconds)
        self.connection.execute(PASSED, {"passed": passed})
        self.session.expire_all()
        for worker in self.workers:
            worker.age += passed
            worker.claim = replace(worker.claim, lease_until=worker.claim.lease_until - passed)
            if worker.ran_for is not None and is_running(worker):
                worker.ran_for += passed
                if worker.ran_for >= LONGEST_RUN:
                    self.end(worker, Failure.TOOK_TOO_LONG)

    # -- workers ----------------------------------------------------------------------------------

    # One rule for all: hypothesis leaves rules out of many examples, and without workers an example
    # would show nothing.
    @rule(step=strategies.sampled_from(STEPS), pick=strategies.randoms(use_true_random=False))
    def some_worker(self, step: Step, pick: Random) -> None:
        if step.condition is None:
            self.work(step.name)
        elif able := self.which(step.condition):
            getattr(self, step.name)(pick.choice(able))

    def work(self, comes_to: str) -> None:
        """A worker claims the push, if it lives so long, and starts the command."""
        file = self.stack.enter_context(TemporaryFile(buffering=0))  # noqa: SIM115
        with suppress(KilledError), self.session.begin():
            waiting = unfinished_sync(self.session, self.people.announce.id)
            claimed = waiting and push.claim_push(self.session, waiting.id, file, RULES)
            if comes_to == "comes_to_nothing":
                raise KilledError
        if comes_to != "comes_to_nothing" and claimed:
            worker = Worker(claimed, self.step)
            self.workers.append(worker)
            worker.ran_for = timedelta(0) if comes_to == "comes_to_start" else None
        self.after_commit()

    def which(self, condition: Callable[[Worker], object]) -> list[Worker]:
        return [worker for worker in self.workers if condition(worker)]

    def start(self, worker: Worker) -> None:
        worker.ran_for = timedelta(0)

    def succeed(self, worker: Worker) -> None:
        self.end(worker, None)
        if worker.alive:
            self.finish(worker)

    def fail(self, worker: Worker) -> None:
        self.end(worker, Failure.EXIT_STATUS)

    def end(self, worker: Worker, failure: Failure | None) -> None:
        """The command ends: it has written all of its file, or the first half of it."""
        written = b"".join(parts(worker.claim.addresses)).decode().splitlines()
        self.server = written if failure is None else written[: len(written) // 2]
        worker.outcome = Outcome(failure, (failure and 1) or 0, "", now(), now())

    def finish(self, worker: Worker) -> None:
        assert worker.outcome
        self.workers.remove(worker)
        with self.session.begin():
            push.finish_push(self.session, worker.claim, worker.outcome, RULES)
            done = self.session.get_one(Sync, worker.claim.sync_id)
            if done.state is SyncState.DONE:
                self.read_by_success.setdefault(done.id, worker.read_at)
        self.after_commit()

    def die(self, worker: Worker) -> None:
        worker.alive = False

    # -- the promise ------------------------------------------------------------------------------

    @invariant()
    def one_command_at_a_time(self) -> None:
        assert len(self.which(is_running)) <= 1

    def teardown(self) -> None:
        with self.stack:
            if hasattr(self, "people"):
                self.settle()
                self.check()

    def settle(self) -> None:
        """Stop changing and killing; let pending pushes finish."""
        for worker in self.workers:
            worker.alive = False
        for _ in range(4):
            self.wait(120)
            self.task("swept")
            self.work("comes_to_start")
            for worker in self.which(is_alive):
                self.one_command_at_a_time()
                self.end(worker, None)
                self.finish(worker)

    def check(self) -> None:
        expected = self.session.scalars(
            text(
                'select address from "user" join subscription on id = user_id '
                'where disabled_at is null order by address collate "C"'
            )
        )
        assert self.server == list(expected)
        for change in self.session.scalars(select(SubscriptionChange)):
            assert change.sync_id in self.read_by_success
            assert self.committed_at[change.id] <= self.read_by_success[change.sync_id]


def test_the_list_server_ends_up_with_the_state_of_the_database(engine_with_cast: Engine) -> None:
    run_state_machine_as_test(
        partial(Pushing, engine_with_cast),  # type: ignore[arg-type]  # it is called, no more
        settings=settings(max_examples=8, stateful_step_count=25, deadline=None),
    )
