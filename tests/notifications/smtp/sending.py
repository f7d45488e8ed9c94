"""Connect, send and fail, for the tests of SMTP."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from notifications.channel import NotDelivered, Unavailable
from notifications.smtp.connection import Connection
from notifications.smtp.relay import Relay
from tests.notifications.smtp.scripted_server import HANG

ADA, GRACE, EDSGER = "ada@example.org", "grace@example.org", "edsger@example.org"

LETTER = b"From: ada@example.org\r\nSubject: Hello\r\n\r\nDear members\r\n"

SHORT = 0.5  # seconds of a timeout that a test has to sit out
LONG = 20.0  # seconds of one that does not pass, on a busy machine either


def timeout_for(answer: str) -> float:
    """Return the timeout with a server that answers so: only one that hangs is to exceed it."""
    return SHORT if answer == HANG else LONG


@contextmanager
def connected(url: str, *, timeout: float = LONG, verify: bool = True) -> Iterator[Connection]:
    relay = Relay.from_url(url, timeout=timeout, verify=verify)
    with relay.connect(patience=LONG) as open_one:
        yield open_one


def send(connection: Connection, recipient: str = EDSGER, content: bytes = LETTER) -> None:
    connection.send(content, sender=ADA, recipient=recipient)


def failure_of(connection: Connection, recipient: str = EDSGER) -> NotDelivered:
    with pytest.raises(NotDelivered) as caught:
        send(connection, recipient)
    return caught.value


def failure_to_connect(url: str, *, timeout: float = LONG, verify: bool = True) -> str:
    """The sentence, which is never final and quotes no address."""
    relay = Relay.from_url(url, timeout=timeout, verify=verify)
    with pytest.raises(Unavailable) as caught, relay.connect():
        pytest.fail("there is a connection")
    assert (caught.value.permanent, caught.value.uncertain) == (False, False)
    assert "@" not in str(caught.value)
    return str(caught.value)
