"""Each finding of the doctor, ok and wrong; the failures are real."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import pytest
from alembic import command
from pydantic import SecretStr
from redis import Redis
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from models import schema
from models.clock import now
from notifications.smtp.relay import Relay
from portal.cli import doctor, operations
from portal.cli.doctor import Finding, list_server, pages, sender
from sandbox.mailbox import Mailbox
from sandbox.valkey import Valkey
from settings import settings
from tests.builders import listgate
from tests.databases import main_url, new_database
from tests.workflows.services.callers import a_key, a_service
from workflows.celery import app
from workflows.people.register_sync import local_register

CLOSED_PORT = "127.0.0.1:1"  # nothing listens there
SECRET = "s3cret"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as running:
        yield running


def given(monkeypatch: pytest.MonkeyPatch, **changed: object) -> None:
    """Change settings."""
    secret = {"redis_url", "smtp_url"}
    values = {k: SecretStr(str(v)) if k in secret else v for k, v in changed.items()}
    monkeypatch.setattr(doctor, "settings", settings.model_copy(update=values))


@contextmanager
def database_at(
    monkeypatch: pytest.MonkeyPatch, revision: str = "", template: str = "template0"
) -> Iterator[Engine]:
    """A database of our own that was migrated so far and no further."""
    with new_database(template) as url:
        engine = create_engine(url, poolclass=NullPool)
        if revision:
            with engine.begin() as connection:
                command.upgrade(schema.alembic_config(connection), revision)
        for module in (doctor, operations):
            monkeypatch.setattr(module, "engine", engine)
        yield engine


def assert_wrong(finding: Finding, *, says: str, fix: str) -> None:
    """Assert that the finding is wrong, with this text and this fix."""
    assert (finding.ok, says in finding.text, fix in finding.fix) == (False, True, True), finding


def test_a_database_that_answers_and_is_new_enough_is_ok() -> None:
    finding = doctor.database()

    assert finding.ok
    assert finding.text.startswith("PostgreSQL 1")


@pytest.mark.parametrize(("number", "shown"), [(140_005, "14.5"), (90_624, "9.624")])
def test_an_old_database_is_wrong(monkeypatch: pytest.MonkeyPatch, number: int, shown: str) -> None:
    monkeypatch.setattr(doctor, "server_version", lambda _: divmod(number, 10_000))

    assert_wrong(doctor.database(), says=f"PostgreSQL {shown}", fix="PostgreSQL 15 or newer")


def test_an_unavailable_database_fails_every_check_that_needs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unreachable = create_engine(f"postgresql+psycopg2://ada:{SECRET}@{CLOSED_PORT}/listgate")
    monkeypatch.setattr(doctor, "engine", unreachable)

    database, schema_, clock = doctor.database(), doctor.schema(), doctor.clock()

    assert_wrong(
        database, says="Connection refused", fix="start PostgreSQL, or correct DATABASE_URL"
    )
    assert_wrong(schema_, says="Connection refused", fix="first fix the database")
    assert_wrong(clock, says="Connection refused", fix="first fix the database")
    assert SECRET not in f"{database} {schema_} {clock}"


def test_a_wrong_password_is_said_to_be_one_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    url = main_url().set(username="nobody_of_this_name", password=SECRET)
    monkeypatch.setattr(doctor, "engine", create_engine(url, poolclass=NullPool))

    finding = doctor.database()

    assert not finding.ok
    assert "nobody_of_this_name" in finding.text
    assert SECRET not in f"{finding}"


def test_the_schema_of_this_version_is_ok() -> None:
    assert doctor.schema().ok


def test_an_empty_database_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    with database_at(monkeypatch):
        assert_wrong(doctor.schema(), says="at None, this version needs 00", fix="listgate migrate")


def test_an_older_schema_is_wrong_until_it_is_migrated(monkeypatch: pytest.MonkeyPatch) -> None:
    older = "0002_state_machine"
    with database_at(monkeypatch, older):
        assert_wrong(
            doctor.schema(), says=f"at {older}, this version needs 00", fix="listgate migrate"
        )

        said = [listgate("migrate").stdout for _ in range(2)]

        assert doctor.schema().ok
        assert said[0] == said[1]
        assert said[0].startswith("The schema is at revision 00")


def test_a_newer_schema_that_serves_this_version_is_ok_and_unchanged(
    monkeypatch: pytest.MonkeyPatch, template: str
) -> None:
    newer = "update alembic_version set version_num = '0099_newer'"
    with database_at(monkeypatch, template=template) as engine:
        with engine.begin() as connection:
            connection.execute(text(newer))

        said = listgate("migrate")

        assert (said.exit_code, doctor.schema().ok) == (0, True)
        assert said.stdout.startswith("The schema is at revision 0099_newer, newer than")
        assert "which works with it" in said.stdout
        with engine.begin() as connection:
            connection.execute(text("update installation set serves_from = '0098_newer'"))
        assert listgate("migrate").exit_code == 1
        assert_wrong(doctor.schema(), says="at 0099_newer", fix="a version that knows 0099_newer")


def test_a_migration_that_waits_for_a_lock_ends_with_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with database_at(monkeypatch, "0004_default_roles") as engine, engine.connect() as reader:
        reader.execute(text("lock table message in access share mode"))

        said = listgate("migrate")

    assert said.exit_code == 1
    assert said.stderr.startswith("Another transaction has held a table")
    assert len(said.stderr.splitlines()) == 1


def test_clocks_may_differ_by_two_seconds_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    assert doctor.clock().ok

    for drift in (3, -3):
        moment = now() + timedelta(seconds=drift)
        monkeypatch.setattr(doctor, "machine_time", lambda moment=moment: moment)
        assert_wrong(doctor.clock(), says=" s between this machine and the database", fix="NTP")

    monkeypatch.setattr(doctor, "machine_time", lambda: now() + timedelta(seconds=1))
    assert doctor.clock().ok


def test_services_that_need_not_sign_or_cannot_are_wrong(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "engine", session.connection())
    key, register = a_key(session), a_service(session, "register")
    local_register(session)
    given(monkeypatch, services_open=True, public_url="https://lists.example.org")
    assert_wrong(doctor.services(), says="SERVICES_OPEN is true", fix="SERVICES_OPEN=false")

    given(monkeypatch, services_open=False)
    assert_wrong(doctor.services(), says="without a valid key: register", fix="service key")
    key.expires_at = register.disabled_at = now()
    session.flush()
    assert_wrong(doctor.services(), says="without a valid key: crm", fix="service disable")
    key.expires_at = None
    session.flush()
    assert doctor.services() == Finding(
        "services", True, "1 with a valid key", doctor.services().fix
    )


def test_a_broker_that_answers_is_ok() -> None:
    assert doctor.broker().ok
    assert doctor.broker_memory().ok


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl"])
def test_a_broker_that_may_forget_is_wrong(own_valkey: Valkey, policy: str) -> None:
    with Redis.from_url(own_valkey.url) as client:
        client.config_set("maxmemory-policy", policy)
        finding = doctor.broker_memory()
        client.config_set("maxmemory-policy", "noeviction")

    assert_wrong(finding, says=f"maxmemory-policy is {policy}", fix="maxmemory-policy noeviction")
    assert doctor.broker_memory().ok


@pytest.mark.parametrize(
    "url",
    [
        f"redis://:{SECRET}@{CLOSED_PORT}/0",
        f"nonsense:{SECRET}",
        f"redis://:{SECRET}/@{CLOSED_PORT}/0",
    ],
)
def test_a_broker_that_cannot_be_reached_is_wrong(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    given(monkeypatch, redis_url=url)

    broker, memory = doctor.broker(), doctor.broker_memory()

    assert_wrong(broker, says="", fix="correct REDIS_URL")
    assert_wrong(memory, says="unknown", fix="first fix the broker")
    assert SECRET not in f"{broker} {memory}"


def test_a_broker_that_wants_another_password_is_wrong(
    monkeypatch: pytest.MonkeyPatch, own_valkey: Valkey
) -> None:
    given(monkeypatch, redis_url=f"redis://:{SECRET}@{own_valkey.url.partition('@')[2]}")

    assert_wrong(doctor.broker(), says="password", fix="correct REDIS_URL")


def test_no_worker_is_wrong() -> None:
    assert_wrong(doctor.workers(), says="none answers", fix="celery -A workflows.celery worker")


def test_a_queue_without_a_worker_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    consumed = {
        "one@here": ["moderation", "letters", "events"],
        "two@here": ["letters", "sync", "sweep"],
    }
    asked: list[object] = []

    class Answers:
        def active_queues(self) -> dict[str, object]:
            named = {key: [{"name": each} for each in names] for key, names in consumed.items()}
            return named | {"three@here": {"error": "KeyError('active_queues')"}}

    def inspect(**options: object) -> Answers:
        asked.append(options["destination"])
        return Answers()

    pong = [{name: {"ok": "pong"}} for name in (*consumed, "celerybeat@here")]
    monkeypatch.setattr(app.control, "ping", lambda **_: pong)
    monkeypatch.setattr(app.control, "inspect", inspect)

    assert_wrong(
        doctor.workers(),
        says="one@here, two@here; none consumes sendout",
        fix="start `celery -A workflows.celery worker --queues=sendout`",
    )
    consumed["two@here"].append("sendout")
    assert doctor.workers().ok
    assert asked == [["one@here", "two@here"]] * 2
    pong.append(pong[0])
    assert_wrong(
        doctor.workers(), says="one@here, one@here, two@here: a name twice", fix="--hostname="
    )


def test_workers_are_not_pinged_through_an_unavailable_broker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given(monkeypatch, redis_url=f"redis://{CLOSED_PORT}/0")
    asked: list[object] = []
    monkeypatch.setattr(app.control, "ping", asked.append)

    assert_wrong(doctor.workers(), says="ConnectionError", fix="first fix the broker")

    assert asked == []


def test_a_broker_lost_during_the_checks_breaks_no_other_check(own_valkey: Valkey) -> None:
    doctor.workers()
    own_valkey.stop()

    assert_wrong(doctor.workers(), says="", fix="first fix the broker")
    assert_wrong(doctor.broker(), says="", fix="start Valkey or Redis")


def test_a_relay_that_accepts_the_login_is_ok(
    monkeypatch: pytest.MonkeyPatch, mailbox: Mailbox
) -> None:
    given(monkeypatch, smtp_url=mailbox.url)

    assert doctor.relay() == Finding("mail relay", ok=True, text="accepts connections")


def test_a_relay_that_cannot_be_reached_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, smtp_url=f"smtp://ada:{SECRET}@{CLOSED_PORT}")

    finding = doctor.relay()

    assert_wrong(finding, says="it refuses connections", fix="start the relay, or correct SMTP_URL")
    assert SECRET not in f"{finding}"


def test_a_relay_with_a_certificate_of_its_own_needs_a_setting(
    monkeypatch: pytest.MonkeyPatch, mailbox: Mailbox
) -> None:
    def refuse(_relay: Relay, _patience: float) -> NoReturn:
        raise ssl.SSLCertVerificationError

    given(monkeypatch, smtp_url=mailbox.url)
    monkeypatch.setattr(Relay, "_open_socket", refuse)

    finding = doctor.relay()

    assert_wrong(finding, says="its certificate cannot be verified", fix="SMTP_VERIFY=false")


def test_a_relay_that_wants_a_login_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    with Mailbox(users={"ada": "other"}) as mailbox:
        url = mailbox.url.replace("//", f"//ada:{SECRET}@")
        given(monkeypatch, smtp_url=url, smtp_verify=False)

        finding = doctor.relay()

    assert_wrong(finding, says="The mail server", fix="correct SMTP_URL")
    assert SECRET not in f"{finding}"


@pytest.mark.parametrize(
    ("url", "well"),
    [
        ("https://lists.example.org", True),
        ("http://localhost:8000", True),
        ("http://127.0.0.1:8000", True),
        ("http://lists.example.org", False),
        ("http://localhost.example.org", False),
    ],
)
def test_pages_that_leave_the_machine_need_a_certificate(
    monkeypatch: pytest.MonkeyPatch, url: str, well: bool
) -> None:
    given(monkeypatch, public_url=url, trusted_proxies=1)

    finding = pages()

    assert (finding.ok, url in finding.text) == (well, True)


def test_a_proxy_that_is_not_counted_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, public_url="https://lists.example.net", trusted_proxies=0)

    assert_wrong(pages(), says="TRUSTED_PROXIES is 0", fix="set TRUSTED_PROXIES")


def test_the_default_mail_from_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, mail_from=type(settings).model_fields["mail_from"].default)

    finding = sender()

    assert_wrong(finding, says="MAIL_FROM is not set", fix="set MAIL_FROM")


def test_a_configured_mail_from_is_ok(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, mail_from="Lists <lists@example.net>")

    finding = sender()

    assert (finding.ok, finding.text) == (True, "letters are from Lists <lists@example.net>")


def test_the_programs_that_push_lists_are_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert list_server().ok

    given(
        monkeypatch,
        maillist_sync_command="no-program-of-this-name",
        maillist_sync_commands={"board": "no-other {email}"},
    )

    finding = list_server()
    assert_wrong(
        finding, says="MAILLIST_SYNC_COMMAND runs no-program-of-this-name", fix="install it"
    )
    assert_wrong(
        finding, says="; MAILLIST_SYNC_COMMANDS['board'] runs no-other", fix="MAILLIST_SYNC"
    )


def test_a_missing_timeout_is_wrong(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert_wrong(list_server(), says="there is no `timeout` of GNU coreutils", fix="coreutils")


def test_where_lists_are_not_pushed_no_program_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, maillists_enabled=False, maillist_sync_command="")

    assert list_server().ok
