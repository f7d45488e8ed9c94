"""A mail server that is down, refuses or hangs up: mail is sent later (P4), and once (P5)."""

from collections import Counter

import pytest

from models import Verdict
from tests.faults.live import LiveStack
from tests.waiting import wait_for


def test_letters_are_sent_when_the_mail_server_is_back(live: LiveStack) -> None:
    live.mailbox.stop()
    live.ask()
    tried = "select failure from notification where state = 'pending' and failure is not null"
    wait_for("two attempts", lambda: live.sql(tried), enough=lambda found: len(found) == 2)

    live.mailbox.start()
    live.sweep_after_an_hour()

    live.wait_for_states("notification", sent=2)
    assert [len(live.letters(name)) for name in ("grace", "linus")] == [1, 1]
    assert set(live.sql("select attempts from notification")) == {(1,)}


def test_a_sendout_continues_when_the_mail_server_is_back(live: LiveStack) -> None:
    live.subscribe(58)
    live.mailbox.stop()
    live.send()
    live.wait_until_at_rest()

    live.mailbox.start()
    live.sweep_after_an_hour()

    live.wait_for_states("dispatch", sent=1)
    assert live.states("delivery") == {"sent": 60}
    assert set(live.copies().values()) == {1}


def test_a_temporary_refusal_is_retried_and_a_permanent_one_is_not(
    live: LiveStack,
) -> None:
    live.subscribe(8)
    live.mailbox.answer("member1@example.org", "451 4.3.0 Later, member1@example.org")
    live.mailbox.answer("member2@example.org", "550 5.1.1 No member2@example.org", times=9)
    live.send()
    live.wait_for_states("delivery", sent=8, pending=1, failed=1)

    live.wait_until_postponed()
    live.sweep_after_an_hour()

    live.wait_for_states("dispatch", sent=1)
    assert live.states("delivery") == {"sent": 9, "failed": 1}
    assert set(live.copies().values()) == {1}
    assert live.sql("select attempts from delivery where address like 'member1@%'") == [(2,)]
    assert "550 5.1.1" in live.sql("select failure from delivery where state = 'failed'")[0][0]


@pytest.mark.parametrize("kept", [True, False])
def test_a_connection_that_breaks_after_the_last_byte_is_uncertain_and_not_repeated(
    live: LiveStack, kept: bool
) -> None:
    live.subscribe(8)
    live.mailbox.drop_after_data(kept=kept)

    live.send()

    live.wait_for_states("dispatch", sent=1)
    assert live.states("delivery") == {"sent": 9, "uncertain": 1}
    assert len(live.copies()) == (10 if kept else 9)
    assert set(live.copies().values()) == {1}


def test_a_letter_repeated_after_a_broken_connection_has_the_same_message_id(
    live: LiveStack,
) -> None:
    request = live.ask(letters=False)
    live.mailbox.drop_after_data(times=2)  # one for Ada's letter, one for Linus's
    live.decide(request, Verdict.REJECTED)
    uncertain = "select letter from notification where state = 'pending' and attempts = 1"
    wait_for("both to be tried", lambda: live.sql(uncertain), enough=lambda found: len(found) == 2)

    live.sweep_after_an_hour()

    live.wait_for_states("notification", sent=4)
    ids = Counter(mail.message["Message-ID"] for mail in live.letters("ada"))
    assert list(ids.values()) == [2]
