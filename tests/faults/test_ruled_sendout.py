"""A worker keeps the rate and the windows of a sendout, also when it or they change."""

from datetime import timedelta

from models import Actor, Rate, SendoutRules, Window
from models.clock import now
from tests.faults.live import LiveStack
from tests.waiting import wait_for
from workflows.lists import lists
from workflows.sendout.claim import BATCH_SIZE
from workflows.sendout.rules import set_sendout_rules
from workflows.transaction import transaction

THIRTY_AN_HOUR = SendoutRules(Rate(30, 60))
MEMBERS = 60


def set_rules(rules: SendoutRules) -> None:
    """Change the list's sendout rules, as an operator does."""
    with transaction() as session:
        set_sendout_rules(
            session, lists.list_named(session, "announce"), rules, actor=Actor.operator()
        )


def begin(live: LiveStack, rules: SendoutRules, members: int = MEMBERS) -> None:
    """Begin to send a message to this many people by these rules."""
    set_rules(rules)
    live.subscribe(members - 2)
    live.send()


def a_closed_window() -> SendoutRules:
    """Return a window that opens in two hours."""
    opens, closes = (now() + timedelta(hours=hours) for hours in (2, 4))
    return SendoutRules(windows=(Window.read(f"{opens:%H:%M}-{closes:%H:%M}"),))


def copies_when_postponed(live: LiveStack) -> int:
    """Wait until the sendout is postponed, and return the number of copies sent."""
    live.wait_until_postponed()
    live.wait_until_idle()
    return live.copies().total()


def test_a_sendout_pauses_when_its_rate_is_used_up_and_continues_in_the_next_period(
    live: LiveStack,
) -> None:
    begin(live, THIRTY_AN_HOUR)

    assert copies_when_postponed(live) == 30
    live.sweep_and_wait()
    assert copies_when_postponed(live) == 30
    live.sweep_after_an_hour()

    live.wait_for_states("dispatch", sent=1)
    assert live.copies().total() == len(live.copies()) == MEMBERS


def test_what_a_killed_worker_sent_counts_for_the_rate_and_is_not_sent_again(
    live: LiveStack,
) -> None:
    live.mailbox.be_slow(0.02)
    begin(live, THIRTY_AN_HOUR)
    wait_for("the first batch", live.copies, enough=lambda copies: len(copies) > 5)

    live.worker.kill()
    live.mailbox.be_slow(0)
    live.worker.start()
    live.sql("update delivery set claimed_at = claimed_at - interval '1 minute'")
    minute_ago = "period_began_at = period_began_at - interval '1 minute'"
    live.sql(f"update dispatch set ring_at = now(), {minute_ago}")
    live.sweep()

    live.wait_until_recorded()
    assert copies_when_postponed(live) <= 30
    live.sweep_for_hours()
    uncertain = live.states("delivery").get("uncertain", 0)
    assert MEMBERS - uncertain <= live.copies().total() == len(live.copies())


def test_changed_rules_apply_from_the_next_batch_on(live: LiveStack) -> None:
    live.mailbox.be_slow(0.02)
    members = 2 * BATCH_SIZE + 20
    begin(live, SendoutRules(), members)
    wait_for("the first batch", live.copies, enough=lambda copies: len(copies) > 5)

    set_rules(a_closed_window())
    assert copies_when_postponed(live) in {BATCH_SIZE, 2 * BATCH_SIZE}
    set_rules(SendoutRules())

    live.wait_for_states("dispatch", sent=1)
    assert live.copies().total() == len(live.copies()) == members
