"""The door of mail: a real LMTP client brings what a mail server would."""

import smtplib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select

from models import InboundMail, Notification, Verdict
from models.database import new_session
from portal.inbound import lmtp
from portal.inbound.intake import receive
from settings import settings
from tests.notifications.mime.small_mails import a_bounce
from tests.portal.doors import Doors, decisions
from tests.portal.inbound.lmtp_servers import lmtp_at, lmtp_server
from tests.waiting import wait_for

OK = (
    b"From: Grace Hopper <grace@example.org>\r\nSubject: Re: To approve\r\n\r\n"
    b"OK\r\n\r\nNice text\r\n"
)


@pytest.fixture
def reply_address(doors: Doors) -> str:
    """Return Grace's reply address, from the letter that she got."""
    doors.ask_first()
    (letter,) = doors.mailbox.to("grace@example.org")
    return str(letter.message["Reply-To"])


@pytest.fixture
def database_away() -> Iterator[None]:
    """Make the database unreachable."""
    unreachable = create_engine("postgresql+psycopg2://ada@127.0.0.1:1/listgate")
    before = new_session.kw["bind"]
    new_session.configure(bind=unreachable)
    yield
    new_session.configure(bind=before)
    unreachable.dispose()


def kept() -> list[InboundMail]:
    """The mails that are committed, with their bytes."""
    with new_session() as session:
        found = list(session.scalars(select(InboundMail).order_by(InboundMail.id)))
        for mail in found:
            _ = mail.raw
        return found


def said(port: int, *commands: str) -> list[int]:
    """Return the answer to each of these commands."""
    with smtplib.LMTP("127.0.0.1", port, timeout=60) as client:
        client.ehlo()
        return [client.docmd(command)[0] for command in commands]


def test_a_reply_decides_when_a_worker_has_read_it(doors: Doors, reply_address: str) -> None:
    doors.hand_over(OK, sender="grace@example.org", recipient=reply_address)
    assert decisions() == []

    doors.work()

    (decision,) = decisions()
    assert (decision.verdict, decision.approver.name) == (Verdict.APPROVED, "Grace Hopper")
    assert decision.comment == "Nice text"


def test_yes_is_said_only_when_the_mail_is_committed(
    doors: Doors, reply_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    committed: list[int] = []
    received = receive

    def watched(raw: bytes, *, sender: str, recipient: str) -> InboundMail:
        mail = received(raw, sender=sender, recipient=recipient)
        committed.append(len(kept()))  # another connection sees what is committed
        return mail

    monkeypatch.setattr(lmtp, "receive", watched)
    doors.hand_over(OK, sender="grace@example.org", recipient=reply_address)

    assert committed == [1]


def test_bytes_and_envelope_are_kept_as_they_came(doors: Doors, reply_address: str) -> None:
    raw = b"From: grace@example.org\r\n\r\n.dot\r\n..\r\nna\xefve \x00 \xff\xfe\r\n \r\n"

    doors.hand_over(raw, sender="grace@example.org", recipient=reply_address)

    (mail,) = kept()
    assert mail.raw == raw
    assert mail.envelope_sender == "grace@example.org"
    assert mail.envelope_recipient == reply_address


def test_no_bytes_are_refused_and_none_decide(doors: Doors, reply_address: str) -> None:
    for raw in (b"", b"\r\n", b"x" * 5000, b"From: \xff\r\n\r\n" + b"\xe9" * 3000):
        doors.hand_over(raw, sender="grace@example.org", recipient=reply_address)
        doors.work()

        *_, mail = kept()
        assert mail.raw in {raw, raw + b"\r\n"}  # LMTP ends each mail with a line's end
        assert mail.state == "handled"
    assert len(kept()) == 4
    assert decisions() == []


def test_a_bounce_has_an_empty_sender_and_goes_to_the_envelope_sender(doors: Doors) -> None:
    doors.hand_over(b"Subject: Returned\r\n\r\n", sender="", recipient=settings.envelope_sender)

    (mail,) = kept()
    assert mail.envelope_sender == ""


def test_a_bounce_of_a_letter_goes_to_its_own_address(doors: Doors, reply_address: str) -> None:
    assert reply_address
    (letter,) = doors.mailbox.to("grace@example.org")

    doors.hand_over(a_bounce(), sender="", recipient=letter.sender)
    doors.work()

    assert "+" in letter.sender
    with new_session() as session:
        failed = select(Notification.failure).where(Notification.failure.is_not(None))
        assert session.scalars(failed).all() == ["bounced (5.1.1)"]


def test_an_unknown_recipient_is_refused_at_once(doors: Doors) -> None:
    unknown = [
        "nobody@lists.example.org",
        "moderation@lists.example.org",
        f"moderation+{'a' * 26}@lists.example.org",
    ]
    to = [f"RCPT TO:<{recipient}>" for recipient in unknown]

    assert said(doors.lmtp_port, "MAIL FROM:<grace@example.org>", *to) == [250, 550, 550, 550]
    assert kept() == []


def test_a_second_recipient_is_deferred(doors: Doors, reply_address: str) -> None:
    to = f"RCPT TO:<{reply_address}>"

    assert said(doors.lmtp_port, "MAIL FROM:<grace@example.org>", to, to) == [250, 250, 452]


def test_an_unavailable_database_defers_the_mail(
    database_away: None,  # noqa: ARG001
) -> None:
    to = f"RCPT TO:<moderation+{'a' * 26}@lists.example.org>"
    with lmtp_server() as port:
        assert said(port, "MAIL FROM:<grace@example.org>", to) == [250, 451]
        # Bounces need no look into the database before there is something to keep.
        with (
            smtplib.LMTP("127.0.0.1", port, timeout=60) as client,
            pytest.raises(smtplib.SMTPDataError) as refused,
        ):
            client.sendmail("", [settings.envelope_sender], b"Subject: Returned\r\n\r\n")

    assert refused.value.smtp_code == 451


def test_any_other_failure_defers_the_mail(
    doors: Doors, reply_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_raw: bytes, **_: str) -> None:
        raise MemoryError

    monkeypatch.setattr(lmtp, "receive", broken)
    with pytest.raises(smtplib.SMTPDataError) as refused:
        doors.hand_over(OK, sender="grace@example.org", recipient=reply_address)

    assert refused.value.smtp_code == 451


def test_addresses_may_be_in_utf8(doors: Doors, reply_address: str) -> None:
    with smtplib.LMTP("127.0.0.1", doors.lmtp_port, timeout=60) as client:
        client.sendmail("gräce@bücher.example", [reply_address], OK, ["SMTPUTF8"])

    (mail,) = kept()
    assert mail.envelope_sender == "gräce@bücher.example"


@pytest.mark.parametrize("octets", [b"gr\xe4ce", b"gra\xff\xfece"])
def test_a_sender_in_another_charset_loses_no_mail(
    doors: Doors, reply_address: str, octets: bytes
) -> None:
    with smtplib.LMTP("127.0.0.1", doors.lmtp_port, timeout=60) as client:
        client.ehlo()
        client.send(b"MAIL FROM:<" + octets + b"@example.org>\r\n")
        first, _ = client.getreply()
        second, _ = client.docmd(f"RCPT TO:<{reply_address}>")
        third, _ = client.data(OK)

    assert (first, second, third) == (250, 250, 250)
    assert len(kept()) == 1


def test_a_recipient_in_another_charset_is_unknown(doors: Doors) -> None:
    with smtplib.LMTP("127.0.0.1", doors.lmtp_port, timeout=60) as client:
        client.ehlo()
        client.docmd("MAIL FROM:<grace@example.org>")
        client.send(b"RCPT TO:<moderation+\xe4\xff@lists.example.org>\r\n")
        code, _ = client.getreply()

    assert code == 550


def test_the_reply_address_may_come_in_capitals(doors: Doors, reply_address: str) -> None:
    doors.hand_over(OK, sender="grace@example.org", recipient=reply_address.upper())
    doors.work()

    assert len(decisions()) == 1


def test_a_mail_of_more_than_32_mib_is_accepted(doors: Doors) -> None:
    # aiosmtpd refuses more than 32 MiB unless it is configured otherwise, whether the mail is
    # announced or sent.
    assert said(doors.lmtp_port, f"MAIL FROM:<grace@example.org> SIZE={2**25 + 1}") == [250]


def test_a_large_mail_is_kept_and_handled(doors: Doors, reply_address: str) -> None:
    raw = OK + b"\r\n" + (b"> " + b"all work and no play" * 45 + b"\r\n") * 2_000

    doors.hand_over(raw, sender="grace@example.org", recipient=reply_address)
    (mail,) = kept()
    assert mail.raw == raw

    doors.work()

    (mail,) = kept()
    assert mail.state == "handled"


def test_it_listens_at_a_socket_in_a_folder(
    doors: Doors, reply_address: str, tmp_path: Path
) -> None:
    path = tmp_path / "lmtp"

    with lmtp_at(str(path)):
        wait_for("the server", lambda: listens(path))
        with smtplib.LMTP(str(path), timeout=60) as client:
            client.sendmail("grace@example.org", [reply_address], OK)
    doors.work()

    assert len(decisions()) == 1


def listens(path: Path) -> bool:
    """Whether the server accepts connections; its socket file exists a moment earlier."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0
