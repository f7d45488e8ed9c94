"""The real program: a terminal or none, a pipe that closes, exit codes."""

import os
import pty
import subprocess
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from models import MailingList
from models.database import new_session
from sandbox.stack import BIN, ROOT
from tests.builders import cast, members, run

LISTGATE = str(BIN / "listgate")
IMPORT = (LISTGATE, "import-mailing-list", "staff@example.org", "Staff")


@pytest.fixture
def environment(own_database: Engine) -> dict[str, str]:
    """A database with the cast, and no broker."""
    with new_session.begin() as session:
        cast(session)
    return {
        "DATABASE_URL": own_database.url.render_as_string(hide_password=False),
        "MAILLISTS_ENABLED": "false",
    }


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of two people."""
    path = tmp_path / "addresses"
    path.write_bytes(b"ada@example.org\ngrace@example.org\n")
    return path


def test_a_line_of_nobody_ends_with_exit_code_1_and_one_sentence_without_addresses(
    own_database: Engine, environment: dict[str, str], file: Path
) -> None:
    file.write_bytes(b"ada@example.org\nno.one@example.org\nM\xfcller\n")

    done = run(*IMPORT, str(file), environment=environment)

    assert done.returncode == 1
    assert done.stderr == (
        "Nothing was imported; unknown addresses: 1, lines without an address: 1.\n"
    )
    assert "Line 2: Unknown address no.one@example.org.\n" in done.stdout
    assert "Line 3: It is not UTF-8 text.\n" in done.stdout
    with Session(own_database) as session:
        assert session.scalar(select(func.count(MailingList.id))) == 1


def test_on_a_terminal_a_bar_shows_how_far_it_is(environment: dict[str, str], file: Path) -> None:
    ours, theirs = pty.openpty()

    done = subprocess.run(
        [*IMPORT, str(file)],
        env={**os.environ, **environment, "TERM": "xterm"},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=theirs,
        timeout=60,
        check=True,
    )
    seen = os.read(ours, 100_000)
    os.close(ours)
    os.close(theirs)

    assert b"Reading" in seen
    assert b"Subscribing" in seen
    assert b"Reading" not in done.stdout


def test_a_reader_who_has_seen_enough_does_not_make_export_complain(
    environment: dict[str, str],
) -> None:
    with new_session.begin() as session:
        members(session, session.scalars(select(MailingList)).one(), 5_000)

    with subprocess.Popen(
        [LISTGATE, "export", "announce"],
        env={**os.environ, **environment},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as exporting:
        assert exporting.stdout is not None
        assert exporting.stderr is not None
        assert exporting.stdout.readline() == b"barbara@example.org\n"
        exporting.stdout.close()
        complaint = exporting.stderr.read()

    assert complaint == b""
