"""Letters go out by real SMTP, and what the server refuses is told as what it is."""

from collections.abc import Iterator

import pytest

from notifications.channel import Unavailable
from notifications.smtp.relay import Connection
from sandbox.mailbox import Mailbox
from tests.notifications.smtp.letters_by_smtp import (
    ADA,
    EDSGER,
    GRACE,
    LETTER,
    connected,
    failure_of,
    send,
)
from tests.notifications.smtp.scripted_server import scripted


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as running:
        yield running


@pytest.fixture
def connection(mailbox: Mailbox) -> Iterator[Connection]:
    with connected(mailbox.url) as open_one:
        yield open_one


def test_a_letter_arrives_as_it_is(mailbox: Mailbox, connection: Connection) -> None:
    send(connection)

    (mail,) = mailbox.mails
    assert (mail.sender, mail.recipients, mail.content) == (ADA, (EDSGER,), LETTER)


def test_lines_end_with_crlf_and_dots_survive(mailbox: Mailbox, connection: Connection) -> None:
    send(connection, content=b"A: b\n\n.\r..\n\r\nQUIT\r.no end")

    assert mailbox.mails[0].content == b"A: b\r\n\r\n.\r\n..\r\n\r\nQUIT\r\n.no end\r\n"


def test_a_bounce_has_no_sender(mailbox: Mailbox, connection: Connection) -> None:
    connection.send(LETTER, sender="", recipient=EDSGER)

    assert mailbox.mails[0].sender == ""


def test_one_connection_serves_many_letters() -> None:
    with scripted() as server, connected(server.url) as connection:
        for recipient in (GRACE, EDSGER):
            send(connection, recipient)

        assert server.commands == [
            [
                server.commands[0][0],  # EHLO and the name of this machine
                f"MAIL FROM:<{ADA}>",
                f"RCPT TO:<{GRACE}>",
                "DATA",
                f"MAIL FROM:<{ADA}>",
                f"RCPT TO:<{EDSGER}>",
                "DATA",
            ]
        ]


def test_a_server_without_ehlo_will_do() -> None:
    with (
        scripted({"EHLO": "502 5.5.1 what?"}) as server,
        connected(server.url) as connection,
    ):
        send(connection)


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "."])
@pytest.mark.parametrize(
    ("reply", "permanent", "numbers"),
    [
        ("451 4.3.0 <edsger@example.org> comes later", False, "(451 4.3.0)"),
        ("452 full", False, "(452)"),
        ("550 5.1.1 <edsger@example.org> is unknown", True, "(550 5.1.1)"),
        ("552 5.2.2 edsger@example.org is full", True, "(552 5.2.2)"),
        ("554-5.7.1 edsger@example.org\r\n554 5.7.1 go away", True, "(554 5.7.1)"),
        ("550 127.0.0.1 is blocked", True, "(550)"),
        ("530 5.7.0 log in first, ada@example.org", False, "(530 5.7.0)"),
    ],
)
def test_4xx_is_for_now_and_5xx_for_good(
    step: str, reply: str, permanent: bool, numbers: str
) -> None:
    with scripted({step: reply}) as server, connected(server.url) as connection:
        failure = failure_of(connection)

    assert (failure.permanent, failure.uncertain) == (permanent, False)
    assert isinstance(failure, Unavailable) == reply.startswith("530")
    assert numbers in str(failure)
    assert "@" not in str(failure)
    assert failure.answer.startswith(reply[:3])


def test_the_servers_words_are_fit_for_the_database() -> None:
    reply = "550 \0 caf\u00e9 " + "x" * 5000

    with scripted({"RCPT": reply}) as server, connected(server.url) as connection:
        failure = failure_of(connection)

    assert "\0" not in failure.answer
    assert "café" in failure.answer
    assert len(failure.answer) < 1100


@pytest.mark.parametrize("step", ["RCPT", "DATA"])
def test_a_refusal_does_not_touch_the_next_letter(
    mailbox: Mailbox, connection: Connection, step: str
) -> None:
    mailbox.answer(EDSGER, "550 5.1.1 no", at="RCPT" if step == "RCPT" else "DATA")

    failure_of(connection, EDSGER)
    send(connection, GRACE)

    assert [mail.recipients for mail in mailbox.mails] == [(GRACE,)]


def test_after_a_refusal_the_server_is_told_to_forget() -> None:
    with scripted({"RCPT": "550 5.1.1 no"}) as server, connected(server.url) as connection:
        failure_of(connection)
        failure_of(connection)

        verbs = [command[:4] for command in server.commands[0]]
        assert verbs[1:] == ["MAIL", "RCPT", "RSET", "MAIL", "RCPT"]


def test_a_421_is_for_now_and_the_next_letter_has_a_new_session(
    mailbox: Mailbox, connection: Connection
) -> None:
    mailbox.answer(None, "421 4.3.2 going down", at="DATA")

    failure = failure_of(connection, EDSGER)
    send(connection, GRACE)

    assert (failure.permanent, failure.uncertain) == (False, False)
    assert len(mailbox.mails) == 1


def test_a_letter_over_the_servers_size_is_refused_unsent() -> None:
    size = f"250-scripted.example\r\n250 SIZE {len(LETTER) - 1}"

    with scripted({"EHLO": size}) as server, connected(server.url) as connection:
        failure = failure_of(connection)
        assert len(server.commands[0]) == 1

    assert failure.permanent


@pytest.mark.parametrize("limit", ["", " 0", " x", f" {len(LETTER)}"])
def test_a_letter_within_it_is_announced(limit: str) -> None:
    size = f"250-scripted.example\r\n250 SIZE{limit}"

    with scripted({"EHLO": size}) as server, connected(server.url) as connection:
        send(connection)

        assert server.commands[0][1] == f"MAIL FROM:<{ADA}> SIZE={len(LETTER)}"
