"""A list server for tests: a folder with a file per list, and pushes to it."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryFile

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from models import Actor, Failure, MailingList, Sync, SyncState
from models.clock import now
from settings import settings
from tests.builders import Cast, members
from workflows import access
from workflows.subscriptions.subscribe import unsubscribe
from workflows.sync.command import Outcome, argv_for, run
from workflows.sync.push import Claim, Rules, claim_push, finish_push
from workflows.sync.request import Debounce, request_debounced_push, request_push, unfinished_sync
from workflows.sync.snapshot import parts

RULES = Rules(enabled=True, timeout=timedelta(seconds=10), max_shrink=30, alert_after=3)

# No quiet period in tests.
AT_ONCE = Debounce(quiet=timedelta(0), max_wait=timedelta(0))


@dataclass
class ListServer:
    """The list server that lists are pushed to; a command other than the usual one is run."""

    folder: Path
    command: str = field(init=False)
    is_failing: bool = False

    def __post_init__(self) -> None:
        self.command = self.usual = f"tee {self.folder}/{{short_name}}"

    def addresses(self, mailing_list: MailingList) -> list[str] | None:
        """Return the addresses on the list there; None if it was never pushed."""
        file = self.folder / mailing_list.short_name
        return file.read_text().splitlines() if file.exists() else None

    def push(self, session: Session, waiting: Sync, rules: Rules = RULES) -> Outcome | None:
        """Run the task's steps; None if there was nothing to run."""
        with TemporaryFile(buffering=0) as addresses:
            claimed = claim_push(session, waiting.id, addresses, rules)
            if claimed is None:
                return None
            outcome = self.outcome(claimed, rules)
            finish_push(session, claimed, outcome, rules)
            return outcome

    def outcome(self, claimed: Claim, rules: Rules) -> Outcome:
        """Run the command, or do without a program what the usual one would do."""
        if self.command != self.usual:
            return run(
                argv_for(self.command, short_name=claimed.short_name, email=claimed.email),
                claimed.addresses,
                limit=rules.timeout,
                not_after=claimed.not_after,
                environment=settings.command_environment,
            )
        if self.is_failing:
            return Outcome(Failure.EXIT_STATUS, 4, "no such list\n", now(), now())
        (self.folder / claimed.short_name).write_bytes(b"".join(parts(claimed.addresses)))
        return Outcome(None, 0, "", now(), now())


def asked(session: Session, mailing_list: MailingList) -> Sync:
    """The push of what has changed, without the quiet before it."""
    request_push(session, mailing_list.id)
    waiting = unfinished_sync(session, mailing_list.id)
    assert waiting is not None
    return waiting


def settled(session: Session, mailing_list: MailingList) -> Sync | None:
    """The push that the journal asks for, or an unfinished one; None if all is pushed."""
    request_debounced_push(session, mailing_list.id, AT_ONCE)
    return unfinished_sync(session, mailing_list.id)


def again(waiting: Sync) -> Sync:
    """Return the same push, due now, without its growing delay."""
    assert waiting.state is SyncState.PENDING
    waiting.postpone(now())
    return waiting


def last(session: Session) -> Sync:
    """The newest push of all."""
    return session.scalars(select(Sync).order_by(Sync.id.desc()).limit(1)).one()


def held(session: Session, people: Cast, server: ListServer, *, lost: int = 10) -> Sync:
    """Return a push that is held because it would remove so many people."""
    added = members(session, people.announce, lost)
    server.push(session, asked(session, people.announce))
    for address in added:
        user = access.user_with_address(session, address)
        unsubscribe(session, user, people.announce, actor=Actor.operator())
    waiting = asked(session, people.announce)
    server.push(session, waiting)
    session.flush()
    assert waiting.state is SyncState.HELD
    return waiting


def failed(session: Session, server: ListServer, mailing_list: MailingList, command: str) -> Sync:
    """A push of the list whose command was this one."""
    server.command = command
    waiting = asked(session, mailing_list)
    server.push(session, waiting)
    return waiting


def crowd(session: Session, people_: Cast, size: int) -> None:
    """Put so many more people on the list announce."""
    session.execute(
        text("""
            with crowd as (
                insert into "user" (address, address_key, name, language, preference, created_at)
                select a, a, a, 'en', 'email', now()
                from (select 'm' || n || '@example.org' as a from generate_series(1, :size) n) c
                returning id
            ) insert into subscription select :list_id, id, now() from crowd
        """),
        {"size": size, "list_id": people_.announce.id},
    )
