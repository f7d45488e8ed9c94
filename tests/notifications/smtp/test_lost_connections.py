"""A connection that is lost leaves no doubt about a letter, unless there is one."""

import signal
from collections.abc import Iterator

import pytest

from notifications.channel import NotDelivered, Unavailable
from notifications.smtp.relay import Connection
from sandbox.mailbox import Mailbox
from tests.notifications.smtp.letters_by_smtp import (
    EDSGER,
    GRACE,
    LETTER,
    SHORT,
    connected,
    failure_of,
    send,
)
from tests.notifications.smtp.scripted_server import DROP, HANG, scripted


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as running:
        yield running


@pytest.fixture
def connection(mailbox: Mailbox) -> Iterator[Connection]:
    with connected(mailbox.url) as open_one:
        yield open_one


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("wish", [DROP, HANG, "421 4.3.2 going down", "what?", "999 hm"])
def test_before_the_content_nothing_was_taken(step: str, wish: str) -> None:
    with (
        scripted({step: wish}) as server,
        connected(server.url, timeout=SHORT) as connection,
    ):
        failure = failure_of(connection)

    assert (failure.permanent, failure.uncertain) == (False, False)


def test_a_lost_answer_after_data_is_uncertain(mailbox: Mailbox, connection: Connection) -> None:
    mailbox.drop_after_data()

    failure = failure_of(connection)

    assert (failure.permanent, failure.uncertain) == (False, True)
    assert len(mailbox.mails) == 1


@pytest.mark.parametrize("wish", [DROP, HANG, "what?", "354 more", "250-go\r\nx"])
def test_an_answer_after_data_that_is_none_is_uncertain(wish: str) -> None:
    with scripted({".": wish}) as server, connected(server.url, timeout=SHORT) as connection:
        failure = failure_of(connection)

    assert failure.uncertain


@pytest.mark.parametrize("wish", [DROP, HANG])
def test_a_connection_lost_within_the_content_is_uncertain(wish: str) -> None:
    # More than the buffers of a local connection hold, so that it cannot all be on its way.
    long = LETTER + b"line\r\n" * 2_000_000

    with (
        scripted({"content": wish}) as server,
        connected(server.url, timeout=SHORT) as connection,
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
def test_a_session_that_ended_between_two_letters_is_opened_anew(wish: str) -> None:
    with scripted({"MAIL 2": wish}, {}) as server, connected(server.url) as connection:
        send(connection, GRACE)
        send(connection, EDSGER)

        assert len(server.commands) == 2
        assert f"RCPT TO:<{EDSGER}>" in server.commands[1]


def test_a_first_letter_is_not_tried_twice() -> None:
    with scripted({"MAIL": DROP}) as server, connected(server.url) as connection:
        failure_of(connection)

        assert len(server.commands) == 1


def test_a_server_that_went_away_is_asked_once_for_a_whole_batch(
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
        """What Celery raises in the middle of anything."""

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
