"""What the doctor says of the programs that push lists."""

from pathlib import Path

import pytest

from portal.cli.doctor import list_server
from tests.portal.cli.test_health import given, ill


def test_the_programs_that_push_lists_are_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert list_server().ok

    given(
        monkeypatch,
        maillist_sync_command="no-program-of-this-name",
        maillist_sync_commands={"board": "no-other {email}"},
    )

    finding = list_server()
    ill(finding, says="MAILLIST_SYNC_COMMAND runs no-program-of-this-name", mend="install it")
    ill(finding, says="; MAILLIST_SYNC_COMMANDS['board'] runs no-other", mend="MAILLIST_SYNC")


def test_a_missing_timeout_is_ill(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    ill(list_server(), says="there is no `timeout` of GNU coreutils", mend="coreutils")


def test_where_lists_are_not_pushed_no_program_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, maillists_enabled=False, maillist_sync_command="")

    assert list_server().ok
