"""The door of mail as a pipe: the real program, its stdin and its exit code."""

import os
import subprocess

import pytest
from sqlalchemy import Engine, select

from models import InboundMail, OutboxEntry
from models.database import new_session
from notifications.letters.keys import hashed
from sandbox.stack import BIN
from tests.builders import ROOT, a_request, cast
from tests.letter_context import KEYS
from workflows.transaction import transaction

AWAY = "postgresql://ada:s3cret@127.0.0.1:1/listgate"
EVERY_BYTE = bytes(range(256)) + b"\r\n.\r\n\n\r" + b"From: x\n\n" + b"\xff" * 70_000


@pytest.fixture
def reply_address(own_database: Engine, published: list[OutboxEntry]) -> str:  # noqa: ARG001
    """Where Grace answers."""
    with transaction() as session:
        request = a_request(session, cast(session))
        session.flush()
        keys = request.approver_keys[0]
        token = KEYS.reply_token(keys.id)
        keys.reply_hash = hashed(token)
    return f"moderation+{token}@lists.example.org"


def receive_mail(
    own_database: Engine, *arguments: str | bytes, raw: bytes = b"", **environment: str
) -> "subprocess.CompletedProcess[bytes]":
    """Run the program as a mail server's pipe does."""
    url = own_database.url.render_as_string(hide_password=False)
    return subprocess.run(
        [BIN / "listgate", "receive-mail", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), "DATABASE_URL": url, **environment},
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
    own_database: Engine, reply_address: str
) -> None:
    done = receive_mail(own_database, reply_address, "<grace@example.org>", raw=EVERY_BYTE)

    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert kept() == [(EVERY_BYTE, "grace@example.org", reply_address)]


@pytest.mark.parametrize("sender", ["", "<>", "MAILER-DAEMON"])
def test_an_empty_mail_from_nobody_is_kept(
    own_database: Engine, reply_address: str, sender: str
) -> None:
    done = receive_mail(own_database, reply_address, sender)

    assert done.returncode == 0
    assert kept() == [(b"", "", reply_address)]


def test_a_mail_for_nobody_here_is_exit_code_67(own_database: Engine, reply_address: str) -> None:
    stranger = reply_address.replace("moderation+", "moderation+a")

    done = receive_mail(own_database, stranger, "", raw=b"Subject: OK\r\n\r\nOK\r\n")

    assert done.returncode == 67
    assert len(done.stderr.splitlines()) == 1
    assert kept() == []


def test_with_the_database_away_the_exit_code_is_75_and_one_sentence_says_why(
    own_database: Engine, reply_address: str
) -> None:
    done = receive_mail(own_database, reply_address, "", raw=b"\r\nOK\r\n", DATABASE_URL=AWAY)

    assert (done.returncode, done.stdout) == (75, b"")
    assert done.stderr == b"The database is unavailable; keep the mail and try again.\n"


@pytest.mark.parametrize(
    "wrong",
    [
        {"SMTP_URL": "https://relay"},
        {"SMS_DECISION": "perhaps"},
        {"DATABASE_URL": "mysql://there"},
        {"TIME_ZONE": "Mars"},
        {"DATABASE_URL": "postgresql:///postgres"},
    ],
)
def test_with_a_wrong_setting_the_mail_server_keeps_the_mail(
    own_database: Engine, reply_address: str, wrong: dict[str, str]
) -> None:
    done = receive_mail(own_database, reply_address, "", raw=b"\r\nOK\r\n", **wrong)

    assert (done.returncode, done.stdout) == (75, b"")
    assert len(done.stderr.splitlines()) == 1
    assert kept() == []


@pytest.mark.parametrize("given", [[], ["one"], ["one", "two", "three"]])
def test_a_command_that_is_typed_wrongly_has_the_mail_server_keep_the_mail(
    own_database: Engine, given: list[str]
) -> None:
    assert receive_mail(own_database, *given, raw=b"\r\nOK\r\n").returncode == 75


def test_a_mail_of_fifty_million_bytes_from_a_sender_like_an_option_is_kept(
    own_database: Engine, reply_address: str
) -> None:
    raw = b"Subject: OK\r\n\r\n" + b"all work and no play\r\n" * 2_300_000

    done = receive_mail(own_database, reply_address, "--help-me@example.org", raw=raw)

    assert (done.returncode, done.stderr) == (0, b"")
    assert kept() == [(raw, "--help-me@example.org", reply_address)]


def test_addresses_in_another_charset_lose_no_mail(
    own_database: Engine, reply_address: str
) -> None:
    sender = b"gr\xe4ce@example.org"

    done = receive_mail(own_database, reply_address, sender, raw=b"\r\nOK\r\n")

    assert (done.returncode, done.stderr) == (0, b"")
    assert kept() == [(b"\r\nOK\r\n", "gr\N{REPLACEMENT CHARACTER}ce@example.org", reply_address)]


def test_a_recipient_in_another_charset_is_nobody(own_database: Engine, reply_address: str) -> None:
    done = receive_mail(own_database, b"moderation+\xff" + reply_address.encode()[11:], "")

    assert done.returncode == 67
    assert kept() == []
