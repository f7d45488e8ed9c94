"""Imports and exports on a terminal and in a pipe."""

import os
import pty
import sys
from pathlib import Path
from tempfile import TemporaryFile

import pytest
from sqlalchemy import Engine, text

from models.database import new_session
from portal.cli import app
from sandbox.stack import BIN
from tests.builders import cast
from tests.fork_server import ForkServer, content

# More lines than a pipe holds.
MEMBERS = text(
    """
    with added as (
        insert into "user" (address, address_key, name, created_at)
        select address, address, 'Member', now()
        from (select format('member%s@example.org', n) as address
              from generate_series(1, 5000) as n) as addresses
        returning id)
    insert into subscription select 1, id, now() from added
    """
)


@pytest.mark.usefixtures("people")
def test_on_a_terminal_a_bar_shows_the_progress(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    file = tmp_path / "addresses"
    file.write_bytes(b"ada@example.org\ngrace@example.org\n")
    ours, theirs = pty.openpty()
    monkeypatch.setenv("TERM", "xterm")

    with os.fdopen(theirs, "w") as terminal, monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", terminal)
        app(["import-mailing-list", "staff@example.org", "Staff", str(file)], standalone_mode=False)
        terminal.flush()
        shown = os.read(ours, 100_000)
    os.close(ours)

    assert b"Reading" in shown
    assert b"Subscribing" in shown
    assert "Reading" not in capsys.readouterr().out


def test_an_export_into_a_pipe_that_closes_prints_no_error(own_database: Engine) -> None:
    with new_session.begin() as session:
        cast(session)
        session.execute(MEMBERS)
    url = own_database.url.render_as_string(hide_password=False)
    environment = {**os.environ, "DATABASE_URL": url, "MAILLISTS_ENABLED": "false"}
    ours, theirs = os.pipe()

    with ForkServer(environment) as server, TemporaryFile("w+") as errors:
        command = [str(BIN / "listgate"), "export", "announce"]
        exporting = server.run(command, out=theirs, err=errors.fileno())
        os.close(theirs)
        with os.fdopen(ours) as exported:
            assert exported.readline() == "barbara@example.org\n"
        exporting.wait()
        said = content(errors)

    assert said == ""
