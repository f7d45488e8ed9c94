"""The program: exit codes, and what it says on stderr."""

import subprocess
import sys

import pytest
from sqlalchemy import URL, Engine, create_engine, text
from sqlalchemy.pool import NullPool

from models import Message, MessageState
from models.database import new_session
from portal.cli import main
from sandbox.stack import BIN
from tests.builders import a_request, cast
from tests.databases import main_url, new_database
from tests.fork_server import run_forked
from workflows import logs

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


def plain(url: URL) -> str:
    """Return the URL as it is in the environment."""
    return url.render_as_string(hide_password=False)


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


def test_a_command_succeeds_without_the_broker(
    own_database: Engine,
) -> None:
    with new_session.begin() as session:
        request = a_request(session, cast(session))
    environment = {
        "DATABASE_URL": plain(own_database.url),
        "REDIS_URL": f"redis://:{SECRET}@127.0.0.1:1",
    }

    done = listgate(
        "decide", str(request.id), "approve", "--as", "grace@example.org", **environment
    )

    with new_session() as session:
        assert session.get_one(Message, request.message_id).state is MessageState.SCHEDULED
    assert (done.returncode, len(done.stderr.splitlines())) == (0, 1)
    assert "the sweep will publish again" in done.stderr
    assert SECRET not in done.stderr
