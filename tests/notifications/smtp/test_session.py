"""Letters are sent by real SMTP, and each failure is classified."""

import signal
import socket

import pytest

from notifications.channel import NotDelivered, Unavailable
from notifications.smtp.connection import Connection
from sandbox.mailbox import Mailbox
from tests.notifications.smtp.scripted_server import DROP, HANG, scripted
from tests.notifications.smtp.sending import (
    ADA,
    EDSGER,
    GRACE,
    LETTER,
    SHORT,
    connected,
    failure_of,
    send,
    timeout_for,
)


def the_socket(connection: Connection) -> socket.socket:
    """Return the socket of the open session."""
    assert connection._session is not None
    found = connection._session._smtp.sock
    assert found is not None
    return found


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


def test_a_server_without_ehlo_is_accepted() -> None:
    with (
        scripted({"EHLO": "502 5.5.1 what?"}) as server,
        connected(server.url) as connection,
    ):
        send(connection)


def test_4xx_is_temporary_and_5xx_permanent() -> None:
    for step in ["MAIL", "RCPT", "DATA", "."]:
        for reply, permanent, numbers in [
            ("451 4.3.0 <edsger@example.org> comes later", False, "(451 4.3.0)"),
            ("452 full", False, "(452)"),
            ("550 5.1.1 <edsger@example.org> is unknown", True, "(550 5.1.1)"),
            ("552 5.2.2 edsger@example.org is full", True, "(552 5.2.2)"),
            ("554-5.7.1 edsger@example.org\r\n554 5.7.1 go away", True, "(554 5.7.1)"),
            ("550 127.0.0.1 is blocked", True, "(550)"),
            ("530 5.7.0 log in first, ada@example.org", False, "(530 5.7.0)"),
        ]:
            with scripted({step: reply}) as server, connected(server.url) as connection:
                failure = failure_of(connection)

            assert (failure.permanent, failure.uncertain) == (permanent, False)
            assert isinstance(failure, Unavailable) == reply.startswith("530")
            assert numbers in str(failure)
            assert "@" not in str(failure)
            assert failure.answer.startswith(reply[:3])


def test_the_servers_answer_can_be_stored() -> None:
    reply = "550 \0 caf\u00e9 " + "x" * 5000

    with scripted({"RCPT": reply}) as server, connected(server.url) as connection:
        failure = failure_of(connection)

    assert "\0" not in failure.answer
    assert "café" in failure.answer
    assert len(failure.answer) < 1100


@pytest.mark.parametrize("step", ["RCPT", "DATA"])
def test_a_refusal_does_not_affect_the_next_letter(
    mailbox: Mailbox, connection: Connection, step: str
) -> None:
    mailbox.answer(EDSGER, "550 5.1.1 no", at="RCPT" if step == "RCPT" else "DATA")

    failure_of(connection, EDSGER)
    send(connection, GRACE)

    assert [mail.recipients for mail in mailbox.mails] == [(GRACE,)]


def test_after_a_refusal_the_session_is_reset() -> None:
    with scripted({"RCPT": "550 5.1.1 no"}) as server, connected(server.url) as connection:
        failure_of(connection)
        failure_of(connection)

        verbs = [command[:4] for command in server.commands[0]]
        assert verbs[1:] == ["MAIL", "RCPT", "RSET", "MAIL", "RCPT"]


def test_a_421_is_temporary_and_the_next_letter_has_a_new_session(
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


def test_a_letter_within_the_limit_is_announced() -> None:
    for limit in ["", " 0", " x", f" {len(LETTER)}"]:
        size = f"250-scripted.example\r\n250 SIZE{limit}"

        with scripted({"EHLO": size}) as server, connected(server.url) as connection:
            send(connection)

            assert server.commands[0][1] == f"MAIL FROM:<{ADA}> SIZE={len(LETTER)}"


def test_before_the_content_nothing_was_taken() -> None:
    for step in ["MAIL", "RCPT", "DATA"]:
        for wish in [DROP, HANG, "421 4.3.2 going down", "what?", "999 hm"]:
            with (
                scripted({step: wish}) as server,
                connected(server.url, timeout=timeout_for(wish)) as connection,
            ):
                failure = failure_of(connection)

            assert (failure.permanent, failure.uncertain) == (False, False)


def test_a_lost_answer_after_data_is_uncertain(mailbox: Mailbox, connection: Connection) -> None:
    mailbox.drop_after_data()

    failure = failure_of(connection)

    assert (failure.permanent, failure.uncertain) == (False, True)
    assert len(mailbox.mails) == 1


def test_an_invalid_answer_after_data_is_uncertain() -> None:
    for wish in [DROP, HANG, "what?", "354 more", "250-go\r\nx"]:
        with (
            scripted({".": wish}) as server,
            connected(server.url, timeout=timeout_for(wish)) as connection,
        ):
            failure = failure_of(connection)

        assert failure.uncertain


@pytest.mark.parametrize("wish", [DROP, HANG])
def test_a_connection_lost_within_the_content_is_uncertain(wish: str) -> None:
    # More than the buffers of a local connection hold, so that it cannot all be on its way.
    long = LETTER + b"line\r\n" * 2_000_000

    with (
        scripted({"content": wish}) as server,
        connected(server.url, timeout=timeout_for(wish)) as connection,
        pytest.raises(NotDelivered) as caught,
    ):
        send(connection, content=long)

    assert caught.value.uncertain


def test_after_an_uncertain_letter_the_next_has_a_new_session(
    mailbox: Mailbox, connection: Connection
) -> None:
    mailbox.drop_after_data()

    failure_of(connection, EDSGER)
    send(connection, GRACE)

    assert [mail.recipients for mail in mailbox.mails] == [(EDSGER,), (GRACE,)]


@pytest.mark.parametrize("wish", [DROP, "421 4.4.2 you were idle"])
def test_a_session_that_ended_between_two_letters_is_replaced(wish: str) -> None:
    with scripted({"MAIL 2": wish}, {}) as server, connected(server.url) as connection:
        send(connection, GRACE)
        send(connection, EDSGER)

        assert len(server.commands) == 2
        assert f"RCPT TO:<{EDSGER}>" in server.commands[1]


def test_a_session_that_cannot_be_written_to_is_replaced() -> None:
    with scripted() as server, connected(server.url) as connection:
        send(connection, GRACE)
        the_socket(connection).shutdown(socket.SHUT_WR)

        send(connection, EDSGER)

        assert server.took == [(GRACE,), (EDSGER,)]
        assert len(server.commands) == 2


def test_a_first_letter_that_cannot_be_written_was_not_taken() -> None:
    with scripted() as server, connected(server.url) as connection:
        the_socket(connection).shutdown(socket.SHUT_WR)

        failure = failure_of(connection)

        assert server.took == []
    assert (failure.permanent, failure.uncertain) == (False, False)


def test_a_session_that_has_lost_its_connection_can_be_ended(mailbox: Mailbox) -> None:
    with connected(mailbox.url) as connection:
        send(connection)
        session = connection._session
        assert session is not None
        session.close()

        connection.close()
        session.quit()

    assert len(mailbox.mails) == 1


def test_a_first_letter_is_not_tried_twice() -> None:
    with scripted({"MAIL": DROP}) as server, connected(server.url) as connection:
        failure_of(connection)

        assert len(server.commands) == 1


def test_a_server_that_stopped_is_tried_once_per_batch(
    mailbox: Mailbox, connection: Connection
) -> None:
    send(connection)
    mailbox.stop()

    failures = [failure_of(connection) for _ in range(3)]

    assert all(isinstance(failure, Unavailable) for failure in failures)
    assert "refuses connections" in str(failures[0])
    assert "was not tried" in str(failures[1])
    assert "was not tried" in str(failures[2])


def test_a_server_that_hangs_costs_two_timeouts_and_no_more() -> None:
    with (
        scripted({"RCPT": HANG}) as server,
        connected(server.url, timeout=SHORT) as connection,
    ):
        failures = [failure_of(connection) for _ in range(5)]

        assert len(server.commands) == 2
    assert not any(failure.permanent or failure.uncertain for failure in failures)


def test_a_letter_that_was_interrupted_is_not_continued_by_the_next() -> None:
    class TimeLimit(Exception):
        """The exception that Celery may raise anywhere."""

    def interrupt(*_: object) -> None:
        raise TimeLimit

    with scripted({".": HANG}, {}) as server, connected(server.url) as connection:
        before = signal.signal(signal.SIGALRM, interrupt)
        signal.setitimer(signal.ITIMER_REAL, SHORT)
        try:
            with pytest.raises(TimeLimit):
                send(connection, GRACE)
        finally:
            signal.signal(signal.SIGALRM, before)
        send(connection, EDSGER)

        assert f"RCPT TO:<{EDSGER}>" in server.commands[1]
