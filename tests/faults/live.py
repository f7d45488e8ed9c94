"""PostgreSQL, Valkey, a mail server and a real worker, emptied for each test."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any, Final

import pytest
from celery import Celery
from pytest_celery import CeleryBrokerCluster, CeleryTestSetup, CeleryWorkerCluster
from sqlalchemy import Engine, text

from models import Actor, Door, Message, ModerationRequest, Subscription, User, Verdict
from models.clock import now
from models.database import engine, new_session
from sandbox.mailbox import Mail, Mailbox
from sandbox.valkey import Valkey
from tests.builders import Cast, a_draft, a_request, the_cast
from tests.faults.shared import MAIL_FROM, OPEN, SharedServers, shared_servers
from tests.nodes import IN_DOCKER, Worker
from tests.waiting import PATIENCE, wait_for
from workflows import access
from workflows.celery import app
from workflows.messages.write import hand_in
from workflows.moderation.decide import decide, request_by_id
from workflows.outbox import PUBLISH_OPTIONS
from workflows.people.users import grant
from workflows.transaction import transaction

NUMBERS: Final = count(1000, 1000)

# Words of the addresses, the subject and the body that `tests.builders.an_eml` writes.
PRIVATE: Final = ("example.org", "General assembly", "please come")


@dataclass
class LiveStack:
    """A running installation with the cast: what its people do, and what became of it."""

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
        """The Celery app of another service, which has the broker's URL but none of our code."""
        service: Celery = self.setup.app
        return service

    def draft(self) -> Message:
        with transaction() as session:
            return a_draft(session, self.people)

    def ask(self, *, send_in: timedelta | None = None, letters: bool = True) -> ModerationRequest:
        """Request approval of a message as Ada, to be sent after `send_in`.

        Without `letters`, those to the approvers count as sent.
        """
        with transaction() as session:
            request = a_request(session, self.people)
            request.message.send_at = now() + send_in if send_in else None
            if not letters:
                session.flush()
                session.execute(text("update notification set state = 'sent', sent_at = now()"))
        return request

    def send(self, *, send_in: timedelta | None = None) -> Message:
        """Send a message as Ada after `send_in`; in this test she needs no approval."""
        with transaction() as session:
            message = a_draft(session, self.people)
            message.send_at = now() + send_in if send_in else None
            grant(session, message.author, "sender", actor=Actor.operator())
            hand_in(session, message, actor=Actor(message.author, Door.PORTAL))
        return message

    def decide(
        self,
        request: ModerationRequest,
        verdict: Verdict = Verdict.APPROVED,
        *,
        by: str = "grace",
        comment: str = "",
    ) -> None:
        with transaction() as session:
            decide(
                session,
                request_by_id(session, request.id),
                verdict,
                actor=access.actor_with_address(session, f"{by}@example.org", Door.PORTAL),
                comment=comment,
            )

    def sweep(self) -> None:
        app.send_task("sweep.sweep", ignore_result=True)

    def sweep_and_wait(self) -> None:
        """Publish a sweep, and wait until it has run."""
        before = self.worker.runs("sweep.sweep")
        self.sweep()
        wait_for("a sweep", lambda: self.worker.runs("sweep.sweep") > before)

    def sql(self, statement: str, **given: Any) -> list[Any]:
        with self.database.begin() as connection:
            result = connection.execute(text(statement), given)
            return list(result) if result.returns_rows else []

    def states(self, table: str) -> dict[str, int]:
        """Return the number of rows by state."""
        return dict(map(tuple, self.sql(f"select state, count(*) from {table} group by state")))

    def wait_for_states(self, table: str, **wanted: int) -> None:
        look = partial(self.states, table)
        wait_for(f"{table}: {wanted}", look, enough=lambda found: found == wanted)

    def copies(self) -> Counter[str]:
        """Return the number of copies of list messages by recipient; letters do not count."""
        return Counter(
            address
            for mail in self.mailbox.mails
            if b"\r\nList-Id: " in mail.content.partition(b"\r\n\r\n")[0]
            for address in mail.recipients
        )

    def letters(self, first_name: str) -> list[Mail]:
        """Return the letters to this person."""
        mails = self.mailbox.to(f"{first_name}@example.org")
        return [mail for mail in mails if mail.message["From"] == MAIL_FROM]

    def subscribe(self, number: int) -> None:
        """Add `number` people to the list, on which Edsger and Barbara are already."""
        with transaction() as session:
            members = [
                User(address=f"member{n}@example.org", name=f"Member {n}") for n in range(number)
            ]
            session.add_all(members)
            session.flush()
            announce = self.people.announce.id
            session.add_all(Subscription(list_id=announce, user_id=each.id) for each in members)

    def age_by_an_hour(self) -> None:
        """Make every time that a sweep compares with the present an hour older."""
        hour = "interval '1 hour'"
        for table in ("notification", "dispatch", "event_delivery"):
            self.sql(f"update {table} set due_at = due_at - {hour}, ring_at = ring_at - {hour}")
        self.sql(f"update dispatch set period_began_at = period_began_at - {hour}")
        self.sql(
            f"update delivery set claimed_at = claimed_at - {hour},"
            f" next_attempt_at = next_attempt_at - {hour}"
        )

    def sweep_after_an_hour(self) -> None:
        """Sweep once, as if an hour had passed."""
        self.age_by_an_hour()
        self.sweep()

    def sweep_for_hours(self) -> None:
        """Sweep as if hour after hour passed, until the sendout is over."""

        def an_hour_later() -> dict[str, int]:
            self.sweep_after_an_hour()
            self.wait_until_idle()
            return self.states("dispatch")

        wait_for("the sendout to end", an_hour_later, enough=lambda found: found == {"sent": 1})

    def wait_until_postponed(self) -> None:
        """Wait until the sendout is postponed: it can send to none of the remaining people now."""
        postponed = "select 1 from dispatch where state = 'sending' and due_at > now()"
        wait_for("the sendout to be postponed", lambda: self.sql(postponed))

    def wait_until_at_rest(self) -> None:
        """Wait until the sendout has ended, or is postponed and no batch is claimed."""
        at_rest = (
            "select 1 from dispatch where state = 'sent' or due_at > now()"
            " and not exists (select from delivery where state = 'sending')"
        )
        wait_for("the sendout to be at rest", lambda: self.sql(at_rest))

    def wait_until_recorded(self) -> None:
        """Wait until no batch is claimed: each result of the lanes at work is recorded."""
        look = partial(self.states, "delivery")
        wait_for("batches to be recorded", look, enough=lambda found: "sending" not in found)

    def transactions(self) -> int:
        """Return the number of transactions that the worker has open."""
        ((number,),) = self.sql(
            "select count(*) from pg_stat_activity where datname = current_database()"
            " and application_name = 'listgate' and state <> 'idle'"
        )
        return int(number)

    def wait_until_idle(self) -> None:
        """Wait until the worker has no open transaction."""
        wait_for("the worker to be idle", lambda: not self.transactions())


@pytest.fixture
def celery_worker_cluster(
    request: pytest.FixtureRequest,
    pytestconfig: pytest.Config,
    celery_broker_cluster: CeleryBrokerCluster,
    template: str,
) -> CeleryWorkerCluster:
    """One worker, with an empty database, mailbox and broker.

    It is stopped for the fixtures `pushing` and `short_lanes`, which start it again.
    """
    broker = celery_broker_cluster[0].container
    opened = shared_servers(pytestconfig, broker.celeryconfig["host_url"], template)
    opened.reset()
    broker.client.flushdb()
    if not any(client["cmd"] == "brpop" for client in broker.client.client_list()):
        # It has ended, or waits half a minute to reconnect: an earlier test had stopped the broker.
        opened.worker.kill()
    if {"pushing", "short_lanes"}.intersection(request.fixturenames):
        opened.worker.kill()
    else:
        opened.worker.start()
    return CeleryWorkerCluster(opened.worker.node())


@pytest.fixture
def own_valkey(own_valkey: Valkey) -> Valkey:
    """The Valkey of this run, if it is the broker: then a test may kill and empty it."""
    if IN_DOCKER:
        pytest.skip("the broker is in a container, and loses its data when it is stopped")
    return own_valkey


@pytest.fixture
def live(
    celery_setup: CeleryTestSetup, pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LiveStack]:
    """A running installation with the cast; `transaction()` uses its database and its broker."""
    redis_url, opened, _ = pytestconfig.stash[OPEN]
    monkeypatch.setattr(app.conf, "broker_url", redis_url)
    # A busy Valkey may need more than a second, and no sweep runs that would publish again.
    monkeypatch.setitem(PUBLISH_OPTIONS, "socket_timeout", PATIENCE)
    new_session.configure(bind=opened.database)
    began = len(opened.worker.log)
    with transaction() as session:
        people = the_cast(session)
    stack = LiveStack(celery_setup, opened, opened.database, people)
    for table in ("notification", "dispatch"):
        # The worker may still hold tasks for rows of earlier tests; they find no row with that id.
        stack.sql(f"alter table {table} alter column id restart with {next(NUMBERS)}")
    yield stack
    stack.wait_until_idle()
    new_session.configure(bind=engine)
    stack.service.close()
    app.set_current()
    log = opened.worker.log[began:]
    print(log)  # shown if the test has failed
    assert [word for word in PRIVATE if word in log] == [], "private words in the worker's log"


@pytest.fixture
def short_lanes(live: LiveStack, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The lanes of `live` end after one batch, as they do in production after 10 s."""
    monkeypatch.setattr(live.worker, "app", "tests.faults.short_lanes")
    live.worker.start()
    yield
    live.worker.kill()
