"""The test mailbox stores what it receives, and injects faults."""

import gc
import smtplib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from sandbox.mailbox import Mailbox

ADA, GRACE, EDSGER = "ada@example.org", "grace@example.org", "edsger@example.org"

LETTER = b"From: ada@example.org\r\nSubject: Hello\r\n\r\nDear members,\r\n.dots too\r\n"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as running:
        yield running


@contextmanager
def client_of(mailbox: Mailbox) -> Iterator[smtplib.SMTP]:
    with smtplib.SMTP("127.0.0.1", mailbox.port, local_hostname="localhost", timeout=30) as client:
        yield client


def send(mailbox: Mailbox, *recipients: str) -> None:
    with client_of(mailbox) as client:
        client.sendmail(ADA, recipients or EDSGER, LETTER)


def test_it_stores_every_mail_byte_for_byte(mailbox: Mailbox) -> None:
    send(mailbox, GRACE, EDSGER)

    (mail,) = mailbox.mails
    assert (mail.sender, mail.recipients, mail.content) == (ADA, (GRACE, EDSGER), LETTER)
    assert mail.message["Subject"] == "Hello"


def test_a_bounce_has_an_empty_sender(mailbox: Mailbox) -> None:
    with client_of(mailbox) as client:
        client.sendmail("", EDSGER, LETTER)

    assert mailbox.mails[0].sender == ""


def test_mail_to_one_address_is_found_in_any_spelling(mailbox: Mailbox) -> None:
    send(mailbox, "edsger@xn--bcher-kva.example")
    send(mailbox, GRACE)

    assert len(mailbox.to("Edsger@bücher.example")) == 1
    assert len(mailbox.to(GRACE.upper())) == 1
    assert mailbox.to(ADA) == []


def test_it_offers_the_extensions_that_listgate_uses(mailbox: Mailbox) -> None:
    with client_of(mailbox) as client:
        client.ehlo()

        assert client.esmtp_features["size"] == "40000000"
        assert client.has_extn("8bitmime")
        assert client.has_extn("smtputf8")


def test_it_refuses_one_recipient_as_often_as_asked(mailbox: Mailbox) -> None:
    mailbox.answer(EDSGER, "451 4.3.0 later", times=2)

    with client_of(mailbox) as client:
        client.ehlo()
        client.mail(ADA)
        codes = [client.rcpt(to)[0] for to in (GRACE, EDSGER, EDSGER, EDSGER)]

    assert codes == [250, 451, 451, 250]


def test_it_refuses_a_mail_after_its_last_byte_and_does_not_store_it(mailbox: Mailbox) -> None:
    mailbox.answer(None, "554 5.6.0 no", at="DATA")

    with pytest.raises(smtplib.SMTPDataError, match="554"):
        send(mailbox)
    send(mailbox)

    assert len(mailbox.mails) == 1


def test_a_421_ends_the_connection(mailbox: Mailbox) -> None:
    mailbox.answer(None, "421 4.3.2 going down")

    with client_of(mailbox) as client:
        client.ehlo()
        client.mail(ADA)

        assert client.rcpt(EDSGER)[0] == 421
        with pytest.raises(smtplib.SMTPServerDisconnected):
            client.noop()


@pytest.mark.parametrize(("kept", "mails"), [(True, 1), (False, 0)])
def test_it_drops_the_connection_before_the_last_answer(
    mailbox: Mailbox, kept: bool, mails: int
) -> None:
    mailbox.drop_after_data(kept=kept)

    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(mailbox)

    assert len(mailbox.mails) == mails


def test_it_can_be_slow(mailbox: Mailbox) -> None:
    mailbox.be_slow(0.3)
    began = time.monotonic()

    send(mailbox)

    assert time.monotonic() - began >= 0.3


def test_while_it_is_stopped_no_other_server_gets_its_port(mailbox: Mailbox) -> None:
    send(mailbox)
    port = mailbox.port
    mailbox.stop()
    with pytest.raises(ConnectionRefusedError):
        send(mailbox)

    mailbox.start()
    send(mailbox)

    assert mailbox.port == port
    assert len(mailbox.mails) == 2


def begin_to_send(client: smtplib.SMTP) -> None:
    """Send a mail, and do not wait for the answer to its last byte."""
    client.ehlo()
    replies = (client.mail(ADA), client.rcpt(EDSGER), client.docmd("DATA"))
    assert [code for code, _ in replies] == [250, 250, 354]
    client.send(LETTER + b".\r\n")


def test_a_mail_is_answered_as_soon_as_it_is_no_longer_slow(mailbox: Mailbox) -> None:
    mailbox.be_slow(60)
    with client_of(mailbox) as client:
        begin_to_send(client)

        mailbox.be_slow(0)

        assert client.getreply()[0] == 250


def test_stopping_cuts_a_mail_that_is_being_sent(mailbox: Mailbox) -> None:
    mailbox.be_slow(60)
    with client_of(mailbox) as client:
        begin_to_send(client)

        mailbox.stop()

        with pytest.raises(smtplib.SMTPServerDisconnected):
            client.getreply()
    assert mailbox.mails == []


def test_stopping_closes_the_connections_that_have_just_come(mailbox: Mailbox) -> None:
    for _ in range(20):
        with ExitStack() as clients:
            for _ in range(10):
                clients.enter_context(socket.create_connection(("127.0.0.1", mailbox.port)))
            mailbox.stop()
        mailbox.start()

    gc.collect()  # pytest fails the test for each socket that is found open


def test_stopping_twice_is_allowed_and_a_port_in_use_is_reported() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        mailbox = Mailbox(port=taken.getsockname()[1])
        with pytest.raises(OSError, match="in use"):
            mailbox.start()

    with mailbox:
        mailbox.stop()


def test_mails_are_numbered_files_that_a_restart_continues(tmp_path: Path) -> None:
    with Mailbox(keep_in=tmp_path) as mailbox:
        send(mailbox)
        send(mailbox)
    with Mailbox(keep_in=tmp_path) as mailbox:
        send(mailbox)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["0001.eml", "0002.eml", "0003.eml"]
    assert (tmp_path / "0003.eml").read_bytes() == LETTER


def test_forgetting_deletes_mails_and_faults(mailbox: Mailbox) -> None:
    send(mailbox)
    mailbox.answer(None, "550 5.1.1 no")
    mailbox.drop_after_data()
    mailbox.forget()

    send(mailbox)

    assert len(mailbox.mails) == 1


def test_many_senders_at_once_lose_nothing(mailbox: Mailbox) -> None:
    senders = [threading.Thread(target=send, args=(mailbox,)) for _ in range(20)]
    for each in senders:
        each.start()
    for each in senders:
        each.join()

    assert len(mailbox.mails) == 20
