"""Is everything Listgate needs there and right?  Each check says what is wrong, and the cure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from kombu.exceptions import OperationalError
from redis import Redis, RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from models.clock import now
from models.database import engine
from models.schema import revisions
from notifications.channel import NotDelivered
from notifications.smtp.relay import Mailer
from settings import Settings, settings
from workflows.celery import app
from workflows.redis_client import redis_at
from workflows.sync.command import missing_programs

# More, and ETAs and leases of different machines no longer agree.
CLOCK_TOLERANCE = timedelta(seconds=2)

# What is sent there does not leave the machine.
HERE = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True)
class Finding:
    """The result of one check; `mend` says what to do if it is not well."""

    subject: str
    well: bool
    says: str
    mend: str = ""


def findings() -> Iterator[Finding]:
    """Run every check, one after the other; none of them raises."""
    for check in (sender, pages, database, schema, clock, broker, broker_memory, workers, relay):
        yield check()
    yield list_server()


def sender() -> Finding:
    """Are letters from somebody?"""
    default = settings.mail_from == Settings.model_fields["mail_from"].default
    return Finding(
        "settings",
        not default,
        "MAIL_FROM is not set" if default else f"letters are from {settings.mail_from}",
        "set MAIL_FROM to the address your letters are from",
    )


def pages() -> Finding:
    """Can nobody on the way read what people type, and their cookies?"""
    url = urlsplit(settings.public_url)
    return Finding(
        "web pages",
        url.scheme == "https" or url.hostname in HERE,
        f"people reach them at {settings.public_url}",
        "put a proxy with a certificate before them, and set PUBLIC_URL to https://…",
    )


def asks_database(
    subject: str, mend: str
) -> Callable[[Callable[[], Finding]], Callable[[], Finding]]:
    """A check that cannot be made while the database is away."""

    def wrap(check: Callable[[], Finding]) -> Callable[[], Finding]:
        def safely() -> Finding:
            try:
                return check()
            except SQLAlchemyError as failure:
                reason = str(getattr(failure, "orig", None) or type(failure).__name__)
                return Finding(subject, False, reason.strip().splitlines()[0], mend)

        return safely

    return wrap


@asks_database("database", "start PostgreSQL, or correct DATABASE_URL")
def database() -> Finding:
    """Is it there, and new enough?"""
    with engine.connect() as connection:
        version = connection.scalar(text("select current_setting('server_version_num')::int"))
    return Finding(
        "database",
        version // 10_000 >= 15,
        f"PostgreSQL {version // 10_000}.{version % 10_000}",
        "use PostgreSQL 15 or newer",
    )


@asks_database("schema", "first mend the database")
def schema() -> Finding:
    """Is the schema the one of this version?"""
    with engine.connect() as connection:
        there, needed = revisions(connection)
    return Finding(
        "schema",
        there == needed,
        f"at revision {there}" if there == needed else f"at {there}, this version needs {needed}",
        "run `listgate migrate`",
    )


@asks_database("clock", "first mend the database")
def clock() -> Finding:
    """Do this machine and the database agree about the time?"""
    with engine.connect() as connection:
        theirs = connection.scalar(text("select clock_timestamp()"))
    drift = abs(now() - theirs)
    return Finding(
        "clock",
        drift <= CLOCK_TOLERANCE,
        f"{drift.total_seconds():.1f} s between this machine and the database",
        "have both keep time with NTP",
    )


def broker() -> Finding:
    """Does it answer?"""
    try:
        version = redis().info("server")["redis_version"]
    except RedisError as failure:
        return Finding("broker", False, str(failure), "start Valkey or Redis, or correct REDIS_URL")
    except ValueError:  # its text would quote the URL, with the password
        return Finding("broker", False, "REDIS_URL is no URL of a broker", "correct REDIS_URL")
    return Finding("broker", True, f"answers (version {version})")


def broker_memory() -> Finding:
    """May it throw away what is queued?"""
    try:
        policy = redis().info("memory")["maxmemory_policy"]
    except (RedisError, ValueError):
        return Finding("broker memory", False, "cannot be asked", "first mend the broker")
    return Finding(
        "broker memory",
        policy == "noeviction",
        f"maxmemory-policy is {policy}",
        "set `maxmemory-policy noeviction`: a full broker must refuse, not forget",
    )


def workers() -> Finding:
    """Is anybody there to do the work?"""
    try:
        # Of a broker that is away Celery itself would be convinced after six seconds.
        redis().ping()
        answers = app.control.ping(timeout=1) or []
    except (OperationalError, RedisError, ValueError) as failure:
        return Finding("workers", False, type(failure).__name__, "first mend the broker")
    # Beat answers too, but does no work.
    names = [name for one in answers for name in one if not name.startswith("celerybeat@")]
    return Finding(
        "workers",
        bool(names),
        ", ".join(sorted(names)) or "none answers",
        "start `celery -A workflows.celery worker`, and one `beat`",
    )


def relay() -> Finding:
    """Does the mail relay let us in?"""
    try:
        with Mailer.from_settings(settings).relay.connect():
            return Finding("mail relay", True, "lets us in")
    except NotDelivered as failure:
        return Finding("mail relay", False, str(failure), "start the relay, or correct SMTP_URL")


def list_server() -> Finding:
    """Are the programs there that push lists?  Workers may run on other machines, though."""
    subject = "list server"
    if not settings.maillists_enabled:
        return Finding(subject, True, "lists are not pushed (MAILLISTS_ENABLED)")
    lacking = [*missing_programs(settings.commands, settings.command_environment)]
    return Finding(
        subject,
        not lacking,
        "; ".join(each.problem for each in lacking) or "the programs that push lists are here",
        "; ".join(each.fix for each in lacking),
    )


def redis() -> "Redis":
    """A connection that does not wait for long: three checks ask, and somebody looks on."""
    return redis_at(settings.redis_url.get_secret_value())
