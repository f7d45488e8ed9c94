"""The program: exit codes, and what it says on stderr."""

import subprocess
import sys
from collections.abc import Callable

import pytest
from redis import Redis
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import NullPool

from models import Message, MessageState
from models.database import new_session
from portal.cli import main
from sandbox.stack import BIN
from tests.builders import a_request, cast
from tests.databases import main_url, new_database
from tests.fork_server import run_forked
from tests.log_lines import Lines, configure
from workflows import logs, outbox
from workflows.celery import app as celery

__all__ = ["configure"]

SECRET = "s3cret"
UNREACHABLE = f"postgresql+psycopg2://ada:{SECRET}@127.0.0.1:1/listgate"


def listgate(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run the program as an operator does."""
    return run_forked(str(BIN / "listgate"), *arguments, **environment)


class Program:
    """The same in this process, with a database of the test's choice."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys
        monkeypatch.setattr(logs, "configure", lambda *_: None)  # pytest's own logging stays

    def refused(self, *arguments: str, database: Engine) -> str:
        """Run a command that ends with 1 and writes to stderr only; what it writes."""
        self._monkeypatch.setattr(sys, "argv", ["listgate", *arguments])
        self._monkeypatch.setitem(new_session.kw, "bind", database)
        self._monkeypatch.setattr("portal.cli.operations.engine", database)
        with pytest.raises(SystemExit) as end:
            main()
        said = self._capsys.readouterr()
        assert (end.value.code, said.out) == (1, "")
        return said.err


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Program:
    return Program(monkeypatch, capsys)


def test_a_refusal_is_one_sentence_on_stderr_and_exit_code_1(program: Program) -> None:
    said = program.refused("list", "show", "nowhere", database=create_engine(main_url()))

    assert said == "There is no mailing list 'nowhere'.\n"


def test_an_unavailable_database_prints_one_sentence_that_names_the_doctor(
    program: Program,
) -> None:
    said = program.refused("outbox", database=create_engine(UNREACHABLE))

    assert len(said.splitlines()) == 1
    assert said.startswith("The database does not answer")
    assert "`listgate doctor`" in said
    assert SECRET not in said


def test_a_database_without_our_tables_is_one_sentence_that_leads_to_them(
    program: Program,
) -> None:
    with new_database() as url:
        said = program.refused("outbox", database=create_engine(url, poolclass=NullPool))

    assert len(said.splitlines()) == 1
    assert "`listgate migrate`" in said or "`listgate doctor`" in said


def test_a_database_of_an_unreleased_version_is_not_migrated(program: Program) -> None:
    with new_database() as url:
        database = create_engine(url, poolclass=NullPool)
        with database.begin() as connection:
            connection.execute(text("create table alembic_version (version_num varchar(32))"))
            connection.execute(text("insert into alembic_version values ('0014')"))

        said = program.refused("migrate", database=database)

    assert len(said.splitlines()) == 1
    assert said.startswith("The database is at revision 0014, which")


def test_a_wrong_setting_is_named_without_its_value() -> None:
    # Of all commands, this one imports least.
    done = listgate(
        "receive-mail", "a@b", "c@d", DATABASE_URL=f"mysql://ada:{SECRET}@localhost/listgate"
    )

    assert (done.returncode, done.stdout) == (75, "")
    assert done.stderr == "DATABASE_URL: must begin with postgresql://\n"


@pytest.mark.usefixtures("own_database")
def test_a_command_succeeds_without_the_broker(
    configure: Callable[[str, str], Lines], monkeypatch: pytest.MonkeyPatch
) -> None:
    with new_session.begin() as session:
        request = a_request(session, cast(session))
    nowhere = f"redis://:{SECRET}@127.0.0.1:1"
    monkeypatch.setattr(celery.conf, "broker_url", nowhere)
    monkeypatch.setattr(outbox, "redis_client", Redis.from_url(nowhere))
    command = ["listgate", "decide", str(request.id), "approve", "--as", "grace@example.org"]
    monkeypatch.setattr(sys, "argv", command)
    lines = configure("WARNING", "text")

    with pytest.raises(SystemExit) as end:
        main()

    (line,) = lines()
    with new_session() as session:
        assert session.get_one(Message, request.message_id).state is MessageState.SCHEDULED
    assert end.value.code == 0
    assert "the sweep will publish again" in line
    assert SECRET not in line
