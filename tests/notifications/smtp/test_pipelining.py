"""Whatever a server answers: what it took is reported as sent, and doubt only for the last copy."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from notifications.channel import Unavailable
from notifications.mime.envelope import Envelope
from notifications.smtp.connection import send_in_turn
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


def outcomes(url: str, recipients_each: int = 1, timeout: float = LONG) -> Found:
    """Send the letters on one connection, and return what became of them by recipient."""
    found: Found = {}
    try:
        with Relay.from_url(url, timeout=timeout).connect(patience=LONG) as connection:
            for letter, outcomes in send_in_turn([connection], letters(recipients_each)):
                found |= dict(zip(letter.recipients, outcomes, strict=True))
    except Unavailable:
        pass  # the rest was not tried
    return found


@pytest.mark.parametrize("offer", [{}, PIPELINING], ids=["one by one", "pipelining"])
@given(scripts=st.lists(SCRIPTS, min_size=1, max_size=3))
@example(scripts=[{"RCPT 2": "550 5.1.1 no"}])
@example(scripts=[{"MAIL 2": "451 4.3.0 later"}])
@example(scripts=[{". 2": "421 4.3.2 closing"}])
@example(scripts=[{". 1": DROP, "RCPT 1": "550 5.1.1 no"}, {}])
@settings(max_examples=25, deadline=None)
def test_what_the_server_took_is_what_is_reported(offer: Wishes, scripts: list[Wishes]) -> None:
    with scripted(*(offer | script for script in scripts), offer) as server:
        found = outcomes(server.url, timeout=IMPATIENCE)

        assert_true(found, server.took)


@pytest.mark.parametrize("offer", [{}, PIPELINING], ids=["one by one", "pipelining"])
@given(scripts=st.lists(SCRIPTS, min_size=1, max_size=2))
@settings(max_examples=15, deadline=None)
def test_each_recipient_of_one_letter_has_an_answer_of_their_own(
    offer: Wishes, scripts: list[Wishes]
) -> None:
    with scripted(*(offer | script for script in scripts), offer) as server:
        found = outcomes(server.url, recipients_each=3, timeout=IMPATIENCE)

        assert_true(found, server.took)


@pytest.mark.parametrize("offer", [{}, PIPELINING], ids=["one by one", "pipelining"])
def test_a_refusal_of_the_first_recipient_is_not_that_of_the_others(offer: Wishes) -> None:
    with scripted(offer | {"RCPT 1": "550 5.1.1 no"}) as server:
        found = outcomes(server.url, recipients_each=3)

    assert [outcome and outcome.permanent for outcome in found.values()][:3] == [True, None, None]
    assert server.took[0] == ("m1@example.org", "m2@example.org")


@pytest.mark.parametrize("offer", [{}, PIPELINING], ids=["one by one", "pipelining"])
@pytest.mark.parametrize("end", [DROP, "421 4.3.2 closing"])
def test_recipients_whom_the_server_never_answered_are_not_refused(offer: Wishes, end: str) -> None:
    with scripted(offer | {"RCPT 1": "550 5.1.1 no", "RCPT 2": end}, offer) as server:
        found = outcomes(server.url, recipients_each=3)

    first = [found[f"m{number}@example.org"] for number in range(3)]
    assert [outcome and outcome.permanent for outcome in first] == [True, False, False]
    assert_true(found, server.took)


def test_the_end_of_a_letter_and_the_next_commands_are_one_group() -> None:
    with scripted(PIPELINING | {". 1": DROP}, PIPELINING) as server:
        found = outcomes(server.url)
        first, *_ = server.commands

    # The next recipient was offered, in vain, and then again.
    assert [line[:4] for line in first[1:]] == ["MAIL", "RCPT", "DATA"]
    assert found["m0@example.org"] is not None
    assert found["m0@example.org"].uncertain
    assert server.took[1:] == [(f"m{n}@example.org",) for n in range(1, NUMBER)]


@pytest.mark.parametrize("closing", ["554 5.5.1 no recipients", "250 2.0.0 ok"])
def test_a_server_that_wants_the_content_without_a_recipient_gets_an_empty_letter(
    closing: str,
) -> None:
    """RFC 2920 (3.1): otherwise it would read the next commands as content."""
    script = PIPELINING | {"RCPT 2": "550 5.1.1 no", ". 2": closing}

    with scripted(script) as server:
        found = outcomes(server.url)

        assert len(server.commands) == 1
        assert server.took == [(f"m{n}@example.org",) for n in (0, 2, 3, 4)]
    assert [each for each, outcome in found.items() if outcome] == ["m1@example.org"]


def test_a_server_that_refuses_the_sender_but_not_the_recipient_gets_no_empty_letter() -> None:
    with scripted(PIPELINING | {"MAIL 2": "550 5.7.1 no"}, PIPELINING) as server:
        found = outcomes(server.url)

        assert len(server.commands) == 2
        assert server.took == [(f"m{n}@example.org",) for n in (0, 2, 3, 4)]
    assert [each for each, outcome in found.items() if outcome] == ["m1@example.org"]


def test_a_server_that_takes_no_more_letters_costs_the_next_one_a_connection() -> None:
    script = PIPELINING | {"MAIL 3": "421 4.7.0 enough"}

    with scripted(script, script, PIPELINING) as server:
        found = outcomes(server.url)

        assert len(server.commands) == 3
    assert list(found.values()) == [None] * NUMBER


def test_what_may_not_leave_does_not() -> None:
    class Stop(Exception):
        """What a lane raises."""

    def permit(letter: Envelope) -> None:
        if letter.recipients == ("m2@example.org",):
            raise Stop

    with (
        scripted(PIPELINING) as server,
        Relay.from_url(server.url, timeout=LONG).connect() as connection,
        pytest.raises(Stop),
    ):
        for _ in send_in_turn([connection], letters(), permit):
            pass

    assert server.took == [("m0@example.org",), ("m1@example.org",)]


@pytest.mark.parametrize("offer", [{}, PIPELINING], ids=["one by one", "pipelining"])
def test_a_session_that_waits_for_content_is_not_used_again(offer: Wishes) -> None:
    def refuse(_letter: Envelope) -> None:
        raise KeyError

    with (
        scripted(offer) as server,
        Relay.from_url(server.url, timeout=LONG).connect() as connection,
    ):
        with pytest.raises(KeyError):
            next(send_in_turn([connection], letters(), refuse))

        sent = [outcome for _, outcome in send_in_turn([connection], letters())]
    assert sent == [[None]] * NUMBER
    assert len(server.commands) == 2
