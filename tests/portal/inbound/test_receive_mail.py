"""The door of mail as a pipe: its arguments, its stdin and its exit codes."""

import os
import subprocess

import pytest
from sqlalchemy import Engine, create_engine, select
from sqlalchemy.orm import Session
from typer.testing import CliRunner, Result

from models import InboundMail, OutboxEntry
from models.database import new_session
from notifications.letters.keys import hashed
from portal.cli import app
from sandbox.stack import BIN
from tests.builders import ROOT, Cast, a_request, cast
from tests.letter_context import KEYS
from workflows.transaction import transaction

UNREACHABLE = "postgresql+psycopg2://ada:s3cret@127.0.0.1:1/listgate"
EVERY_BYTE = bytes(range(256)) + b"\r\n.\r\n\n\r" + b"From: x\n\n" + b"\xff" * 70_000


@pytest.fixture
def reply_address(session: Session, people: Cast) -> str:
    """Return Grace's reply address."""
    return address_to_reply_to(session, people)


def address_to_reply_to(session: Session, people: Cast) -> str:
    """The reply address of a new request's first approver."""
    request = a_request(session, people)
    session.flush()
    keys = request.approver_keys[0]
    token = KEYS.reply_token(keys.id)
    keys.reply_hash = hashed(token)
    session.flush()
    return f"moderation+{token}@lists.example.org"


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


def test_a_mail_is_kept_byte_for_byte_and_the_exit_code_is_0(
    own_database: Engine,
    published: list[OutboxEntry],  # noqa: ARG001 (nothing reaches the broker)
) -> None:
    with transaction() as session:
        reply_address = address_to_reply_to(session, cast(session))
    url = own_database.url.render_as_string(hide_password=False)
    # The sender is in another charset, and begins as an option does.
    sender = b"--gr\xe4ce@example.org"

    done = run_as_a_pipe(reply_address, sender, raw=EVERY_BYTE, DATABASE_URL=url)

    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    replaced = "--gr\N{REPLACEMENT CHARACTER}ce@example.org"
    assert kept() == [(EVERY_BYTE, replaced, reply_address)]


@pytest.mark.parametrize("sender", ["", "<>", "MAILER-DAEMON"])
def test_an_empty_mail_without_a_sender_is_stored(reply_address: str, sender: str) -> None:
    assert receive_mail(reply_address, sender).exit_code == 0
    assert kept() == [(b"", "", reply_address)]


def test_the_brackets_around_a_sender_are_dropped(reply_address: str) -> None:
    assert receive_mail(reply_address, "<grace@example.org>", raw=b"\r\nOK\r\n").exit_code == 0
    assert kept() == [(b"\r\nOK\r\n", "grace@example.org", reply_address)]


@pytest.mark.parametrize("prefix", ["moderation+a", "moderation+\udcff"])
def test_a_mail_to_an_unknown_address_exits_with_67(reply_address: str, prefix: str) -> None:
    stranger = reply_address.replace("moderation+", prefix)

    done = receive_mail(stranger, "", raw=b"Subject: OK\r\n\r\nOK\r\n")

    assert done.exit_code == 67
    assert len(done.stderr.splitlines()) == 1
    assert kept() == []


def test_an_unavailable_database_exits_with_75_and_one_sentence(
    reply_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(new_session.kw, "bind", create_engine(UNREACHABLE))

    done = receive_mail(reply_address, "", raw=b"\r\nOK\r\n")

    assert (done.exit_code, done.stdout) == (75, "")
    assert done.stderr == "The database is unavailable; keep the mail and try again.\n"


def test_with_a_wrong_setting_the_mail_server_keeps_the_mail() -> None:
    done = run_as_a_pipe("moderation@lists.example.org", "", TIME_ZONE="Mars")

    assert (done.returncode, done.stdout) == (75, b"")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("given", [[], ["one"], ["one", "two", "three"]])
def test_a_command_that_is_typed_wrongly_has_the_mail_server_keep_the_mail(
    given: list[str],
) -> None:
    assert receive_mail(*given, raw=b"\r\nOK\r\n").exit_code == 75
