"""Letters take two connections in turn: nothing is lost, doubled or out of order."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from notifications.channel import Unavailable
from notifications.mime.envelope import Envelope
from notifications.smtp.connection import Connection, send_in_turn
from notifications.smtp.relay import Relay
from tests.notifications.smtp.anything import (
    IMPATIENCE,
    NUMBER,
    PIPELINING,
    SCRIPTS,
    Found,
    assert_true,
    letters,
)
from tests.notifications.smtp.scripted_server import DROP, Wishes, scripted
from tests.notifications.smtp.sending import LONG

LOGIN = "530 5.7.0 authentication required"


@contextmanager
def two(url: str, timeout: float = LONG) -> Iterator[list[Connection]]:
    relay = Relay.from_url(url, timeout=timeout)
    with ExitStack() as closing:
        yield [closing.enter_context(relay.connect(patience=LONG)) for _ in range(2)]


class Watched:
    """Sends the letters over two connections, and checks how at each step."""

    def __init__(self) -> None:
        self.found: Found = {}
        self.permitted: list[Envelope] = []
        self.unanswered: list[Envelope] = []

    def permit(self, letter: Envelope) -> None:
        self.permitted.append(letter)
        self.unanswered.append(letter)
        assert len(self.unanswered) <= 2

    def send(self, connections: list[Connection]) -> None:
        source = [*letters()]
        for letter, outcomes in send_in_turn(connections, iter(source), self.permit):
            assert letter is source[len(self.found)], "in the order of the source"
            self.found |= dict(zip(letter.recipients, outcomes, strict=True))
            if letter in self.unanswered:
                self.unanswered.remove(letter)
        assert len(self.found) == NUMBER

    def assert_all_answered(self) -> None:
        assert self.unanswered == []
        assert self.permitted == sorted(self.permitted, key=lambda each: each.recipients)


@pytest.mark.parametrize("offer", [{}, PIPELINING], ids=["one by one", "pipelining"])
@given(scripts=st.lists(SCRIPTS, min_size=1, max_size=4))
@example(scripts=[{"RCPT 1": "550 5.1.1 no"}, {}])
@example(scripts=[{}, {"RCPT 1": "550 5.1.1 no"}])
@example(scripts=[{". 1": DROP}, {}])
@example(scripts=[{"MAIL 2": "421 4.3.2 closing"}, {}])
@example(scripts=[{"MAIL 2": LOGIN}, {}])
@example(scripts=[{}, {". 1": LOGIN}])
@settings(max_examples=25, deadline=None)
def test_what_the_server_took_is_what_is_reported(offer: Wishes, scripts: list[Wishes]) -> None:
    watched = Watched()
    with scripted(*(offer | script for script in scripts), offer) as server:
        with two(server.url, IMPATIENCE) as connections, suppress(Unavailable):
            watched.send(connections)

        assert_true(watched.found, server.took)
    watched.assert_all_answered()


def test_both_are_at_work_at_once() -> None:
    """The first letter is answered only once the second one has left."""
    left: list[Envelope] = []
    with scripted(PIPELINING) as server, two(server.url) as connections:
        answered = send_in_turn(connections, letters(), left.append)
        next(answered)
        assert len(left) == 2
        assert len([*answered]) == NUMBER - 1

    assert [len([line for line in lines if line == "DATA"]) for lines in server.commands] == [3, 2]


def test_what_may_not_leave_does_not_and_what_has_left_is_answered() -> None:
    class Stop(Exception):
        """What a lane raises."""

    def permit(letter: Envelope) -> None:
        if letter.recipients == ("m2@example.org",):
            raise Stop

    sent: list[Envelope] = []
    with scripted(PIPELINING) as server, two(server.url) as connections:
        with pytest.raises(Stop):
            sent += [letter for letter, _ in send_in_turn(connections, letters(), permit)]

        assert server.took == [("m0@example.org",), ("m1@example.org",)]


def test_of_a_letter_that_is_refused_for_the_log_in_nothing_is_in_doubt() -> None:
    found: Found = {}
    with scripted(PIPELINING | {". 1": LOGIN}, PIPELINING) as server, two(server.url) as both:
        with pytest.raises(Unavailable):
            for letter, outcomes in send_in_turn(both, letters()):
                found |= dict(zip(letter.recipients, outcomes, strict=True))

        assert server.took == [("m1@example.org",)]
    assert isinstance(found["m0@example.org"], Unavailable)
    assert found["m1@example.org"] is None
    assert len(found) == 2
