"""A worker that runs keeps the rules of a sendout, whatever happens to it or to them."""

from datetime import timedelta

from models import Actor, Rate, SendoutRules, Window
from models.clock import now
from tests.faults.live import LiveStack, wait_for
from workflows.lists import lists
from workflows.sendout.rules import set_sendout_rules
from workflows.sendout.send import BATCH_SIZE
from workflows.transaction import transaction

SIXTY_AN_HOUR = SendoutRules(Rate(60, 60))
EVERYBODY = 120


def set_rules(rules: SendoutRules) -> None:
    """Give the list other rules, as an operator does."""
    with transaction() as session:
        set_sendout_rules(
            session, lists.list_named(session, "announce"), rules, actor=Actor.operator()
        )


def begin(live: LiveStack, rules: SendoutRules) -> None:
    """Have a message be sent to 120 people by these rules."""
    set_rules(rules)
    live.subscribe(EVERYBODY - 2)
    live.decide(live.ask())


def a_closed_window() -> SendoutRules:
    """It opens in two hours."""
    opens, closes = (now() + timedelta(hours=hours) for hours in (2, 4))
    return SendoutRules(windows=(Window.read(f"{opens:%H:%M}-{closes:%H:%M}"),))


def pause(live: LiveStack) -> int:
    """Wait until the sendout pauses; returns how many copies have left."""
    live.wait_for_a_pause()
    wait_for("the worker to rest", live.everybody_rests)
    return live.copies().total()


def test_a_sendout_pauses_when_its_rate_is_used_up_and_goes_on_in_the_next_period(
    live: LiveStack,
) -> None:
    begin(live, SIXTY_AN_HOUR)

    assert pause(live) == 60
    live.sweep_and_wait()
    assert pause(live) == 60
    live.sweep_after_an_hour()

    live.wait_for_states("dispatch", sent=1)
    assert live.copies().total() == len(live.copies()) == EVERYBODY


def test_a_killed_worker_has_used_up_the_rate_and_its_batch_is_not_sent_again(
    live: LiveStack,
) -> None:
    live.mailbox.be_slow(0.02)
    begin(live, SIXTY_AN_HOUR)
    wait_for("the first batch", live.copies, enough=lambda copies: len(copies) > 5)

    live.worker.kill()
    live.mailbox.be_slow(0)
    live.worker.start()
    live.sql("update delivery set claimed_at = claimed_at - interval '1 minute'")
    live.sql("update dispatch set ring_at = now()")
    live.sweep()

    live.wait_for_states("delivery", uncertain=BATCH_SIZE, sent=10, pending=60)
    assert pause(live) <= 60
    live.sweep_after_an_hour()
    live.wait_for_states("delivery", uncertain=BATCH_SIZE, sent=70)
    assert set(live.copies().values()) == {1}


def test_rules_that_change_half_way_count_from_the_next_batch_on(live: LiveStack) -> None:
    live.mailbox.be_slow(0.01)
    begin(live, SendoutRules())
    wait_for("the first batch", live.copies, enough=lambda copies: len(copies) > 5)

    set_rules(a_closed_window())
    assert pause(live) in {BATCH_SIZE, 2 * BATCH_SIZE}
    set_rules(SendoutRules())

    live.wait_for_states("dispatch", sent=1)
    assert live.copies().total() == len(live.copies()) == EVERYBODY
