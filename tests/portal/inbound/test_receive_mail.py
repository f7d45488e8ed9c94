"""The door of mail as a pipe: its arguments, its stdin and its exit codes."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select
from typer.testing import CliRunner, Result

from models import InboundMail
from models.database import new_session
from portal.cli import app
from portal.cli import receive_mail as command
from sandbox.stack import BIN, port
from settings import settings
from tests.builders import ROOT
from tests.portal.doors import Doors
from tests.portal.inbound.lmtp_servers import lmtp_at
from tests.waiting import wait_for

EVERY_BYTE = bytes(range(256)) + b"\r\n.\r\n\n\r" + b"From: x\n\n" + b"\xff" * 70_000
OK = b"From: grace@example.org\n\nOK\n"


@pytest.fixture
def reply_address(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return Grace's reply address; the command finds the LMTP server."""
    at(f"127.0.0.1:{doors.lmtp_port}", monkeypatch)
    doors.ask_first()
    (letter,) = doors.mailbox.to("grace@example.org")
    return str(letter.message["Reply-To"])


def at(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set LMTP_ADDRESS for the command in this process."""
    changed = settings.model_copy(update={"lmtp_address": address})
    monkeypatch.setattr(command, "settings", changed)


def receive_mail(*arguments: str, raw: bytes = b"") -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(app, ["receive-mail", *arguments], input=raw)


def run_as_a_pipe(
    *arguments: str | bytes, raw: bytes = b"", **environment: str
) -> "subprocess.CompletedProcess[bytes]":
    """Run the program as a mail server's pipe does."""
    return subprocess.run(
        [BIN / "listgate", "receive-mail", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        cwd=ROOT,
        input=raw,
        capture_output=True,
        timeout=60,
        check=False,
    )


def kept() -> list[tuple[bytes, str, str]]:
    """The mails that are committed: bytes, sender, recipient."""
    with new_session() as session:
        return [
            (mail.raw, mail.envelope_sender, mail.envelope_recipient)
            for mail in session.scalars(select(InboundMail).order_by(InboundMail.id))
        ]


@pytest.fixture
def database_away() -> Iterator[None]:
    """Make the database unreachable for the LMTP server."""
    unreachable = create_engine("postgresql+psycopg2://ada@127.0.0.1:1/listgate")
    before = new_session.kw["bind"]
    new_session.configure(bind=unreachable)
    yield
    new_session.configure(bind=before)
    unreachable.dispose()


def test_every_byte_is_kept_with_line_ends_as_mail_has_them(
    doors: Doors, reply_address: str
) -> None:
    # The sender is in another charset, and begins as an option does.
    sender = b"--gr\xe4ce@example.org"

    done = run_as_a_pipe(
        reply_address, sender, raw=EVERY_BYTE, LMTP_ADDRESS=f"127.0.0.1:{doors.lmtp_port}"
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    ((raw, from_whom, to_whom),) = kept()
    assert raw.replace(b"\r\n", b"\n").rstrip() == EVERY_BYTE.replace(b"\r\n", b"\n").rstrip()
    replaced = "--gr\N{REPLACEMENT CHARACTER}ce@example.org"
    assert (from_whom, to_whom) == (replaced, reply_address)


@pytest.mark.parametrize("sender", ["", "<>", "MAILER-DAEMON"])
def test_an_empty_mail_without_a_sender_is_stored(reply_address: str, sender: str) -> None:
    assert receive_mail(reply_address, sender).exit_code == 0
    assert [(raw.strip(), by, to) for raw, by, to in kept()] == [(b"", "", reply_address)]


def test_the_brackets_around_a_sender_are_dropped(reply_address: str) -> None:
    assert receive_mail(reply_address, "<grace@example.org>", raw=OK).exit_code == 0
    ((raw, sender, _),) = kept()
    assert (raw, sender) == (OK.replace(b"\n", b"\r\n"), "grace@example.org")


@pytest.mark.parametrize("prefix", ["moderation+a", "moderation+\udcff"])
def test_a_mail_to_an_unknown_address_exits_with_67(reply_address: str, prefix: str) -> None:
    stranger = reply_address.replace("moderation+", prefix)

    done = receive_mail(stranger, "", raw=OK)

    assert (done.exit_code, done.stderr) == (67, "Unknown address.\n")
    assert kept() == []


@pytest.mark.usefixtures("database_away")
def test_an_unavailable_database_exits_with_75_and_one_sentence(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(f"127.0.0.1:{doors.lmtp_port}", monkeypatch)

    done = receive_mail("moderation+abc@lists.example.org", "", raw=OK)

    assert (done.exit_code, done.stdout) == (75, "")
    assert done.stderr.endswith("The database is unavailable; keep the mail and try again.\n")


def test_an_lmtp_server_that_does_not_run_exits_with_75(monkeypatch: pytest.MonkeyPatch) -> None:
    at(f"127.0.0.1:{port()}", monkeypatch)

    done = receive_mail("moderation+abc@lists.example.org", "", raw=OK)

    assert (done.exit_code, done.stdout) == (75, "")
    assert done.stderr == "`listgate lmtp` is unavailable; keep the mail and try again.\n"


def test_it_passes_the_mail_on_to_a_socket_in_a_folder(
    reply_address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(str(tmp_path / "lmtp"), monkeypatch)

    with lmtp_at(str(tmp_path / "lmtp")):
        wait_for("the server", lambda: receive_mail(reply_address, "", raw=OK).exit_code == 0)

    assert [raw for raw, _, _ in kept()] == [OK.replace(b"\n", b"\r\n")]


def test_with_a_wrong_setting_the_mail_server_keeps_the_mail() -> None:
    done = run_as_a_pipe("moderation@lists.example.org", "", TIME_ZONE="Mars")

    assert (done.returncode, done.stdout) == (75, b"")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("given", [[], ["one"], ["one", "two", "three"]])
def test_a_command_that_is_typed_wrongly_has_the_mail_server_keep_the_mail(
    given: list[str],
) -> None:
    assert receive_mail(*given, raw=b"\r\nOK\r\n").exit_code == 75
