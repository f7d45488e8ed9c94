"""`listgate doctor`: check everything that Listgate needs; each check says how to fix it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import uuid4

from kombu.exceptions import OperationalError
from redis import Redis, RedisError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from models.clock import machine_time
from models.database import engine, server_time, server_version
from models.schema import is_newer_and_compatible, known_revisions, revisions
from notifications.channel import NotDelivered
from notifications.mime.dkim_signature import DkimSigner
from notifications.smtp.relay import Mailer
from portal.cli.dkim_record import Record, look_up
from portal.cli.options import local
from settings import Settings, settings
from workflows.celery import app
from workflows.redis_client import redis_at
from workflows.sendout.hold import held_since
from workflows.sendout.note_files import NoteFile
from workflows.services.services import all_services
from workflows.sync.command import missing_programs

# With more drift, the ETAs and leases of different machines disagree.
CLOCK_TOLERANCE = timedelta(seconds=2)

# Hosts for which traffic does not leave this machine.
LOOPBACK = {"localhost", "127.0.0.1", "::1"}

CERTIFICATE_FIX = (
    "set SMTP_VERIFY=false if the relay is on this machine; otherwise give it a certificate for the"
    " name in SMTP_URL"
)


@dataclass(frozen=True)
class Finding:
    """The result of one check; `fix` says what to do if it is not `ok`."""

    subject: str
    ok: bool
    text: str
    fix: str = ""


def findings() -> Iterator[Finding]:
    """Run every check; none of them raises."""
    for check in (sender, pages, database, schema, sendouts, clock, broker, broker_memory):
        yield check()
    for check in (workers, relay, notes, signatures, list_server, services):
        yield check()


def sender() -> Finding:
    """MAIL_FROM must not be the default."""
    default = settings.mail_from == Settings.model_fields["mail_from"].default
    return Finding(
        "settings",
        not default,
        "MAIL_FROM is not set" if default else f"letters are from {settings.mail_from}",
        "set MAIL_FROM to the address your letters are from",
    )


def pages() -> Finding:
    """PUBLIC_URL must be https, or the loopback interface; https needs TRUSTED_PROXIES."""
    url = urlsplit(settings.public_url)
    if url.scheme == "https" and settings.trusted_proxies == 0:
        return Finding(
            "web pages",
            False,
            "TRUSTED_PROXIES is 0: the throttle of log-ins takes all clients for the proxy",
            "set TRUSTED_PROXIES to the number of proxies before the web pages",
        )
    return Finding(
        "web pages",
        url.scheme == "https" or url.hostname in LOOPBACK,
        f"people reach them at {settings.public_url}",
        "put a proxy with a certificate before them, and set PUBLIC_URL to https://…",
    )


def needs_database(
    subject: str, fix: str
) -> Callable[[Callable[[], Finding]], Callable[[], Finding]]:
    """Decorate a check that fails while the database is unavailable."""

    def wrap(check: Callable[[], Finding]) -> Callable[[], Finding]:
        def checked() -> Finding:
            try:
                return check()
            except SQLAlchemyError as failure:
                reason = str(getattr(failure, "orig", None) or type(failure).__name__)
                return Finding(subject, False, reason.strip().splitlines()[0], fix)

        return checked

    return wrap


@needs_database("database", "start PostgreSQL, or correct DATABASE_URL")
def database() -> Finding:
    """PostgreSQL must answer, in version 15 or newer."""
    with engine.connect() as connection:
        major, minor = server_version(connection)
    return Finding(
        "database",
        major >= 15,
        f"PostgreSQL {major}.{minor}",
        "use PostgreSQL 15 or newer",
    )


@needs_database("schema", "first fix the database")
def schema() -> Finding:
    """The schema must be at this version's revision."""
    with engine.connect() as connection:
        current, needed = revisions(connection)
        compatible = is_newer_and_compatible(connection)
    if current == needed:
        return Finding("schema", True, f"at revision {current}")
    if compatible:
        return Finding("schema", True, f"at revision {current}; {needed} is enough")
    is_unknown = current is not None and current not in known_revisions()
    fix = f"install a version that knows {current}" if is_unknown else "run `listgate migrate`"
    return Finding("schema", False, f"at {current}, this version needs {needed}", fix)


@needs_database("sendouts", "first fix the database and its schema")
def sendouts() -> Finding:
    """Sendouts must not be held."""
    with Session(engine) as session:
        since = held_since(session)
    if since is None:
        return Finding("sendouts", True, "not held")
    return Finding(
        "sendouts",
        False,
        f"all have been held since {local(since)}",
        "look at `listgate outbox`, then run `listgate sendout hold --release`",
    )


@needs_database("clock", "first fix the database")
def clock() -> Finding:
    """This machine's clock must agree with that of the database."""
    with engine.connect() as connection:
        database_time = server_time(connection)
    drift = abs(machine_time() - database_time)
    return Finding(
        "clock",
        drift <= CLOCK_TOLERANCE,
        f"{drift.total_seconds():.1f} s between this machine and the database",
        "synchronise both with NTP",
    )


def broker() -> Finding:
    """The broker must answer."""
    try:
        version = redis().info("server")["redis_version"]
    except RedisError as failure:
        return Finding("broker", False, str(failure), "start Valkey or Redis, or correct REDIS_URL")
    except ValueError:  # its text contains the URL, with the password
        return Finding("broker", False, "REDIS_URL is not the URL of a broker", "correct REDIS_URL")
    return Finding("broker", True, f"answers (version {version})")


def broker_memory() -> Finding:
    """The broker must not evict queued messages."""
    try:
        policy = redis().info("memory")["maxmemory_policy"]
    except (RedisError, ValueError):
        return Finding("broker memory", False, "unknown", "first fix the broker")
    return Finding(
        "broker memory",
        policy == "noeviction",
        f"maxmemory-policy is {policy}",
        "set `maxmemory-policy noeviction`: a full broker must refuse writes, not evict keys",
    )


def workers() -> Finding:
    """At least one worker must answer, and each queue have one that consumes it."""
    try:
        # Celery itself takes six seconds to notice that the broker is unavailable.
        redis().ping()
        answers = app.control.ping(timeout=1) or []
        # Beat answers too, but is not a worker.
        names = [name for one in answers for name in one if not name.startswith("celerybeat@")]
        idle = unconsumed_queues(names) if names else []
    except (OperationalError, RedisError, ValueError) as failure:
        return Finding("workers", False, type(failure).__name__, "first fix the broker")
    if not names:
        fix = "start `celery -A workflows.celery worker`, and one `beat`"
        return Finding("workers", False, "none answers", fix)
    found = ", ".join(sorted(names))
    if len(set(names)) < len(names):  # of workers with one name, Celery shows the queues of one
        fix = "give each worker of a host its own name: `celery worker --hostname=NAME@%h`"
        return Finding("workers", False, f"{found}: a name twice", fix)
    if not idle:
        return Finding("workers", True, found)
    fix = f"start `celery -A workflows.celery worker --queues={','.join(idle)}`"
    return Finding("workers", False, f"{found}; none consumes {', '.join(idle)}", fix)


def unconsumed_queues(names: list[str]) -> list[str]:
    """Return the queues that none of these workers consumes."""
    # The limit ends the wait as soon as all have answered.
    inspect = app.control.inspect(destination=names, timeout=1, limit=len(names))
    consumed = {
        queue["name"]
        for queues in (inspect.active_queues() or {}).values()
        if isinstance(queues, list)  # a worker that failed answers with an error
        for queue in queues
    }
    return [queue.name for queue in app.conf.task_queues if queue.name not in consumed]


def relay() -> Finding:
    """The mail relay must accept a connection and the log-in."""
    try:
        with Mailer.from_settings(settings).relay.connect():
            return Finding("mail relay", True, "accepts connections")
    except (NotDelivered, ValueError) as failure:
        is_certificate = "certificate" in str(failure)
        fix = CERTIFICATE_FIX if is_certificate else "start the relay, or correct SMTP_URL"
        return Finding("mail relay", False, str(failure), fix)


def signatures() -> Finding:
    """The key of DKIM must be usable, and its record in DNS that of the key."""
    try:
        signer = DkimSigner.from_settings(settings)
    except ValueError as wrong:
        return Finding("signatures", False, str(wrong), "correct DKIM_KEY_FILE")
    if signer is None:
        return Finding("signatures", True, "left to the mail relay (DKIM_KEY)")
    match look_up(signer):
        case Record.SAME:
            return Finding("signatures", True, f"{signer.record} in DNS has the same key")
        case Record.UNKNOWN:
            return Finding("signatures", True, f"DNS does not answer here about {signer.record}")
        case Record.ABSENT:
            text = f"{signer.record} is not in DNS"
        case Record.OTHER:
            text = f"{signer.record} in DNS has another key"
    fix = "publish the record of DKIM_KEY (docs/deliverability.md), or use the key of the record"
    return Finding("signatures", False, text, fix)


def notes() -> Finding:
    """The folder of the notes of sendouts must be usable here, if there is one."""
    subject, folder = "sendout notes", settings.sendout_notes_dir
    if folder is None:
        return Finding(subject, True, "in Redis only (SENDOUT_NOTES_DIR)")
    try:
        NoteFile(folder, uuid4()).delete()
    except OSError as failure:
        fix = "create the folder of SENDOUT_NOTES_DIR for the user of the workers"
        return Finding(
            subject, False, f"{folder} cannot keep them: {failure.strerror or failure}", fix
        )
    return Finding(subject, True, f"in {folder}, too")


def list_server() -> Finding:
    """The programs that push lists must exist here; workers may run on other machines, though."""
    subject = "list server"
    if not settings.maillists_enabled:
        return Finding(subject, True, "lists are not pushed (MAILLISTS_ENABLED)")
    absent = [*missing_programs(settings.commands, settings.command_environment)]
    return Finding(
        subject,
        not absent,
        "; ".join(each.problem for each in absent) or "the programs that push lists are installed",
        "; ".join(each.fix for each in absent),
    )


@needs_database("services", "first fix the database and its schema")
def services() -> Finding:
    """Services must sign their tasks, except on one's own machine, and need valid keys."""
    if settings.services_open and urlsplit(settings.public_url).hostname not in LOOPBACK:
        return Finding(
            "services",
            False,
            "SERVICES_OPEN is true: everyone who can write to the broker acts as any user",
            "give each service a key (`listgate service add`), then set SERVICES_OPEN=false",
        )
    with Session(engine) as session:
        # Without a scope it is that of `listgate people sync`, and never calls.
        callers = [one for one in all_services(session) if one.scopes]
        enabled = [one for one in callers if not one.disabled_at]
        idle = [one.name for one in enabled if not any(key.is_valid for key in one.keys)]
    return Finding(
        "services",
        not idle,
        f"without a valid key: {', '.join(idle)}" if idle else f"{len(enabled)} with a valid key",
        "run `listgate service key SERVICE`, or `listgate service disable SERVICE`",
    )


def redis() -> Redis:
    """Return a client with a short timeout: an operator is waiting for three checks."""
    return redis_at(settings.redis_url.get_secret_value())
