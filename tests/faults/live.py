"""PostgreSQL, Valkey, a mail server and a real worker, emptied for each test."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any, Final, TypeVar

import pytest
from celery import Celery
from pytest_celery import CeleryBrokerCluster, CeleryTestSetup, CeleryWorkerCluster
from sqlalchemy import Engine, create_engine, text

from models import Door, Message, ModerationRequest, Subscription, User, Verdict
from models.clock import now
from models.database import engine, new_session
from sandbox.mailbox import Mail, Mailbox
from sandbox.valkey import Valkey
from tests.builders import Cast, a_draft, a_request, cast
from tests.faults.shared import MAIL_FROM, OPEN, SharedServers, shared_servers
from tests.nodes import IN_DOCKER, Worker
from workflows import access
from workflows.celery import app
from workflows.moderation import decide as moderation
from workflows.outbox import PUBLISH_OPTIONS
from workflows.transaction import transaction

Found = TypeVar("Found")

NUMBERS: Final = count(1000, 1000)

# Seconds until a test gives up: nothing takes so long, however many others use the machine.
PATIENCE: Final = 60

# Of what `tests.builders.an_eml` writes: addresses, subject, body.
PRIVATE: Final = ("example.org", "General assembly", "please come")


def wait_for(
    what: str,
    look: Callable[[], Found],
    *,
    enough: Callable[[Found], object] = bool,
    within: float = PATIENCE,
) -> Found:
    """Look until what is found is enough, and return it."""
    deadline = time.monotonic() + within
    while not enough(found := look()):
        assert time.monotonic() < deadline, f"waited {within:g} s for {what}, have {found!r}"
        time.sleep(0.02)
    return found


@dataclass
class LiveStack:
    """The cast, and eyes for what became of what they did."""

    setup: CeleryTestSetup
    shared: SharedServers
    database: Engine
    people: Cast

    @property
    def mailbox(self) -> Mailbox:
        return self.shared.mailbox

    @property
    def worker(self) -> Worker:
        return self.shared.worker

    @property
    def service(self) -> Celery:
        """The app of somebody else, who knows the broker and none of our code."""
        service: Celery = self.setup.app
        return service

    def draft(self) -> Message:
        with transaction() as session:
            return a_draft(session, self.people)

    def ask(self, *, send_in: timedelta | None = None) -> ModerationRequest:
        """Have Ada ask about a message of hers, to be sent after so long."""
        with transaction() as session:
            request = a_request(session, self.people)
            request.message.send_at = now() + send_in if send_in else None
        return request

    def decide(
        self,
        request: ModerationRequest,
        verdict: Verdict = Verdict.APPROVED,
        *,
        by: str = "grace",
        comment: str = "",
    ) -> None:
        with transaction() as session:
            moderation.decide(
                session,
                moderation.request_by_id(session, request.id),
                verdict,
                actor=access.actor_with_address(session, f"{by}@example.org", Door.PORTAL),
                comment=comment,
            )

    def sweep(self) -> None:
        app.send_task("sweep.sweep", ignore_result=True)

    def sweep_and_wait(self) -> None:
        """Sweep, and wait until that has been done."""
        before = self.worker.runs("sweep.sweep")
        self.sweep()
        wait_for("a sweep", lambda: self.worker.runs("sweep.sweep") > before)

    def sql(self, statement: str, **given: Any) -> list[Any]:
        with self.database.begin() as connection:
            result = connection.execute(text(statement), given)
            return list(result) if result.returns_rows else []

    def states(self, table: str) -> dict[str, int]:
        """How many rows are in which state."""
        return dict(map(tuple, self.sql(f"select state, count(*) from {table} group by state")))

    def wait_for_states(self, table: str, **wanted: int) -> None:
        look = partial(self.states, table)
        wait_for(f"{table}: {wanted}", look, enough=lambda found: found == wanted)

    def copies(self) -> Counter[str]:
        """How many copies of what is sent to the list each address got, letters aside."""
        return Counter(
            address
            for mail in self.mailbox.mails
            if b"\r\nList-Id: " in mail.content.partition(b"\r\n\r\n")[0]
            for address in mail.recipients
        )

    def letters(self, first_name: str) -> list[Mail]:
        """What we wrote to this person."""
        mails = self.mailbox.to(f"{first_name}@example.org")
        return [mail for mail in mails if mail.message["From"] == MAIL_FROM]

    def subscribe(self, number: int) -> None:
        """Put so many more people on the list, together with Edsger and Barbara."""
        with transaction() as session:
            members = [
                User(address=f"member{n}@example.org", name=f"Member {n}") for n in range(number)
            ]
            session.add_all(members)
            session.flush()
            announce = self.people.announce.id
            session.add_all(Subscription(list_id=announce, user_id=each.id) for each in members)

    def an_hour_passes(self) -> None:
        """Whatever the sweep looks at is an hour older."""
        hour = "interval '1 hour'"
        for table in ("notification", "dispatch"):
            self.sql(f"update {table} set due_at = due_at - {hour}, ring_at = ring_at - {hour}")
        self.sql(f"update dispatch set period_began_at = period_began_at - {hour}")
        self.sql(
            f"update delivery set claimed_at = claimed_at - {hour},"
            f" next_attempt_at = next_attempt_at - {hour}"
        )

    def sweep_after_an_hour(self) -> None:
        """Let time pass, and let it be seen, once."""
        self.an_hour_passes()
        self.sweep()

    def wait_for_a_pause(self) -> None:
        """Until the sendout has found nobody whom it can send to now."""
        postponed = "select 1 from dispatch where state = 'sending' and due_at > now()"
        wait_for("the sendout to wait for better times", lambda: self.sql(postponed))

    def transactions(self) -> int:
        """How many transactions the worker has open."""
        ((number,),) = self.sql(
            "select count(*) from pg_stat_activity where datname = current_database()"
            " and application_name = 'listgate' and state <> 'idle'"
        )
        return int(number)

    def everybody_rests(self) -> bool:
        return not self.transactions()


@pytest.fixture
def celery_worker_cluster(
    request: pytest.FixtureRequest,
    pytestconfig: pytest.Config,
    celery_broker_cluster: CeleryBrokerCluster,
    template: str,
) -> CeleryWorkerCluster:
    """One worker, with an empty database, mailbox and broker.

    It does not run where the test has a worker of its own.
    """
    broker = celery_broker_cluster[0].container
    opened = shared_servers(pytestconfig, broker.celeryconfig["host_url"])
    opened.reset(template)
    broker.client.flushdb()
    if not any(client["cmd"] == "brpop" for client in broker.client.client_list()):
        # It has ended, or pauses for up to half a minute: an earlier test had stopped the broker.
        opened.worker.kill()
    if "pushing" in request.fixturenames:
        opened.worker.kill()
    else:
        opened.worker.start()
    return CeleryWorkerCluster(opened.worker.node())


@pytest.fixture
def own_valkey(own_valkey: Valkey) -> Valkey:
    """The Valkey of this run, if it is the broker: then a test may kill and empty it."""
    if IN_DOCKER:
        pytest.skip("the broker is in a container, and forgets everything when it is stopped")
    return own_valkey


@pytest.fixture
def live(
    celery_setup: CeleryTestSetup, pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LiveStack]:
    """A running stack with the cast; `transaction()` writes to its database and publishes."""
    redis_url, opened, _ = pytestconfig.stash[OPEN]
    monkeypatch.setattr(app.conf, "broker_url", redis_url)
    # No sweep runs here that would publish again after a second in which Valkey had no processor.
    monkeypatch.setitem(PUBLISH_OPTIONS, "socket_timeout", PATIENCE)
    own = create_engine(opened.database, hide_parameters=True, pool_pre_ping=True)
    new_session.configure(bind=own)
    began = len(opened.worker.log)
    with transaction() as session:
        people = cast(session)
    stack = LiveStack(celery_setup, opened, own, people)
    for table in ("notification", "dispatch"):
        # Tasks that the worker still holds, for rows of earlier tests, find nothing here.
        stack.sql(f"alter table {table} alter column id restart with {next(NUMBERS)}")
    yield stack
    wait_for("the worker to rest", stack.everybody_rests)
    new_session.configure(bind=engine)
    own.dispose()
    stack.service.close()
    app.set_current()
    said = opened.worker.log[began:]
    print(said)  # shown if the test has failed
    assert [word for word in PRIVATE if word in said] == [], "private words in the worker's log"
