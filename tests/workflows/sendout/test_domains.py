"""A domain that refuses copies for now is slowed down, and no other."""

from collections import Counter
from datetime import UTC

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from models import Delivery, DeliveryState, MailingList, SendoutRules, Subscription, User
from notifications.channel import NotDelivered
from notifications.smtp.replies import fewer_wanted, refusal
from sandbox.mailbox import Mailbox, Step
from tests.builders import Cast
from tests.workflows.sendout.clocks import Clock
from tests.workflows.sendout.interrupted import Sendouts, die
from tests.workflows.sendout.ruled import Ruled
from workflows.redis_client import redis_at, redis_client
from workflows.sendout.claim import LIMIT_PAUSE, claim_batch
from workflows.sendout.domains import (
    FIRST_RATE,
    KEY,
    MIN_RATE,
    PERIOD,
    RECOVERY,
    Domains,
    count_key,
    domain_of,
    portion,
)
from workflows.transaction import transaction

PENDING, SENT = DeliveryState.PENDING, DeliveryState.SENT

# The domain of some members; the others are of example.org.
SLOW = "slow.example"


class RedisTime:
    """The time of Redis, which a test sets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.moment = 1_000_000.0
        read = Domains._read
        monkeypatch.setattr(Domains, "_read", lambda asked: (self.moment, read(asked)[1]))


@pytest.fixture
def redis_time(monkeypatch: pytest.MonkeyPatch) -> RedisTime:
    for key in redis_client.scan_iter(f"{KEY}*"):
        redis_client.delete(key)
    return RedisTime(monkeypatch)


@settings(max_examples=20)
@given(rate=st.floats(0.001, 200), first=st.integers(0, 10**9), number=st.integers(1, 200))
def test_the_portions_of_all_periods_are_at_the_rate(rate: float, first: int, number: int) -> None:
    copies = sum(portion(rate, period) for period in range(first, first + number))

    assert abs(copies - rate * PERIOD * number) <= 1


def test_each_refusal_halves_the_rate_and_each_minute_without_one_doubles_it(
    redis_time: RedisTime,
) -> None:
    limited = Domains()
    rates = []
    for _ in range(4):
        limited.slow({SLOW: "450 4.7.1"})
        limited.slow({SLOW: "450 4.7.1"})  # at the same time: it is about the same copies
        rates.append(limited.slowed()[SLOW][0])
        redis_time.moment += PERIOD
    assert rates == [60 * FIRST_RATE, 60 * FIRST_RATE / 2, 75, 60 * MIN_RATE]

    for wanted in (120, 240, 480, 960, 1920, 3840):
        redis_time.moment += RECOVERY
        assert limited.slowed()[SLOW] == (wanted, "450 4.7.1")
    redis_time.moment += RECOVERY
    assert (limited.slowed(), limited.limits()) == ({}, {})


def test_all_workers_share_the_copies_of_a_period(redis_time: RedisTime) -> None:
    one, other = Domains(), Domains()
    one.slow({SLOW: "450 4.7.1"})
    portions = int(FIRST_RATE * PERIOD)
    assert one.limits() == other.limits() == {SLOW: portions}

    one.count({SLOW: portions - 1})
    assert other.limits() == {SLOW: 1}
    other.count({SLOW: 1})
    assert one.limits() == {SLOW: 0}

    redis_time.moment += PERIOD
    assert one.limits() == {SLOW: portions}


def test_a_ceiling_is_kept_whether_a_domain_is_slowed_or_not(redis_time: RedisTime) -> None:
    limited = Domains({SLOW.upper(): 120, "other.example": 6000})
    assert limited.limits() == {SLOW: 10, "other.example": 500}

    limited.slow({"other.example": "421 4.7.0", SLOW: "421 4.7.0"})
    assert limited.limits() == {SLOW: 10, "other.example": 25}
    assert limited.slowed()[SLOW][0] == 120

    redis_time.moment += 10 * RECOVERY
    assert limited.limits() == {SLOW: 10, "other.example": 500}


def test_a_domain_that_has_recovered_is_forgotten_once_another_is_slowed(
    redis_time: RedisTime,
) -> None:
    limited = Domains()
    limited.slow({SLOW: "450 4.7.1"})
    redis_time.moment += 10 * RECOVERY

    limited.slow({"other.example": "421 4.7.0"})

    assert redis_client.hkeys(KEY) == [b"other.example"]
    limited.slow({SLOW: "450 4.7.1"})
    assert limited.slowed()[SLOW] == (60 * FIRST_RATE, "450 4.7.1")


def test_without_its_state_nothing_is_limited(redis_time: RedisTime) -> None:
    limited = Domains()
    limited.slow({SLOW: "450 4.7.1"})

    redis_client.delete(KEY, count_key(SLOW, int(redis_time.moment // PERIOD)))

    assert (limited.slowed(), limited.limits()) == ({}, {})


def test_without_redis_nothing_is_known_and_nothing_fails() -> None:
    limited = Domains(client=redis_at("redis://127.0.0.1:1/0"))

    limited.slow({SLOW: "450 4.7.1"})
    limited.count({SLOW: 1})

    assert (limited.slowed(), limited.limits()) == ({}, {})


def test_what_the_mail_server_says_of_the_domain_slows_it_down() -> None:
    def found(step: str, answer: str, *, alone: bool = True) -> str:
        code, _, text = answer.partition(" ")
        return fewer_wanted(refusal("", int(code), text, step=step), alone=alone)

    for answer, numbers in {
        "450 4.7.1 later": "450 4.7.1",
        "421 4.7.28 too many": "421 4.7.28",
        "451 try later": "451",
        "452 4.2.0 greylisted": "452 4.2.0",
    }.items():
        assert found("RCPT", answer, alone=False) == numbers
        assert found("DATA", answer) == found(".", answer) == numbers
        # Of several domains, about the sender, or of the session.
        assert not any(found(step, answer, alone=False) for step in ("DATA", ".", "MAIL", ""))
        assert not found("MAIL", answer)
    # A full mailbox, a closed one; the relay's own trouble; for good.
    for answer in ("452 4.2.2 full", "450 4.2.1 closed", "451 4.3.0 later", "550 5.7.1 no"):
        assert not found("RCPT", answer), answer
    assert not fewer_wanted(NotDelivered("silence", uncertain=True), alone=True)


def slow_members(session: Session, mailing_list: MailingList, count: int) -> None:
    """Subscribe so many people with addresses of the slow domain."""
    added = [User(address=f"slow{n}@{SLOW}", name=f"Slow {n}") for n in range(count)]
    session.add_all(added)
    session.flush()
    session.add_all(Subscription(list_id=mailing_list.id, user_id=each.id) for each in added)
    session.flush()


def test_a_claim_takes_of_a_limited_domain_what_it_may_have_and_of_others_all(
    session: Session, people: Cast, clock: Clock, ruled: Ruled
) -> None:
    sending = ruled(SendoutRules(), 4)
    slow_members(session, people.announce, 6)

    def claimed(limits: dict[str, int]) -> Counter[str]:
        batch = claim_batch(session, sending, UTC, limits=limits)
        found = Counter(domain_of(session.get_one(Delivery, each).address) for each in batch)
        assert batch.limited == {each: found[each] for each in limits}
        return found

    assert claimed({SLOW: 2, "third.example": 3}) == {SLOW: 2, "example.org": 4}
    assert claimed({SLOW: 0}) == {}
    assert sending.due_at == clock.moment + LIMIT_PAUSE
    clock.moment = sending.due_at
    assert claimed({SLOW: 3}) == {SLOW: 3}
    assert claimed({}) == {SLOW: 1}


@pytest.fixture
def sendouts(committed_cast: Cast, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> Sendouts:
    """Sendouts to two members of example.org, six of the slow domain, and two of example.org."""
    with transaction() as session:
        slow_members(session, session.merge(committed_cast.announce), 6)
    return Sendouts(committed_cast, mailbox, monkeypatch, recipients=4)


def attempts(sendouts: Sendouts) -> dict[str, tuple[DeliveryState, int]]:
    """Return state and attempts of the copies to the slow domain, in the order of sending."""
    rows = sendouts.rows().items()
    return {to: (row.state, row.attempts) for to, row in rows if domain_of(to) == SLOW}


def test_a_refusal_leaves_the_domain_to_later_batches_and_sends_to_all_others(
    sendouts: Sendouts, mailbox: Mailbox
) -> None:
    answers: list[tuple[str, Step]] = [
        ("450 4.7.1 later", "RCPT"),
        ("451 4.7.1 later", "DATA"),
        ("421 4.7.0 too fast", "DATA"),
        ("421 4.7.0 too many", "RCPT"),
    ]
    for reply, at in answers:
        sendouts.begin()
        # One session that answers 421 could have ended for another reason; the second one tells.
        mailbox.answer(
            f"slow1@{SLOW}", reply, at=at, times=2 if (reply[:3], at) == ("421", "RCPT") else 1
        )

        sendouts.run_lane()

        # In which order the copies leave, PostgreSQL decides.
        found = attempts(sendouts)
        refused = [*found].index(f"slow1@{SLOW}")
        expected = [(SENT, 1)] * refused + [(PENDING, 1)]
        assert [*found.values()][: refused + 1] == expected, reply
        # One copy had left before the answer was known.
        assert {*[*found.values()][refused + 2 :]} <= {(PENDING, 0)}, reply
        others = {row.state for to, row in sendouts.rows().items() if to not in found}
        assert others == {SENT}, reply
        assert [*Domains().slowed()] == [SLOW], reply
        sendouts.finish()
        assert sendouts.uncertain() == 0
        assert set(sendouts.copies().values()) == {1}


def test_a_lane_sends_of_a_slowed_domain_what_other_lanes_have_left(
    sendouts: Sendouts, redis_time: RedisTime
) -> None:
    sendouts.begin()
    Domains().slow({SLOW: "450 4.7.1"})
    Domains().count({SLOW: int(FIRST_RATE * PERIOD) - 2})

    sendouts.run_lane()

    assert [*attempts(sendouts).values()] == [(SENT, 1)] * 2 + [(PENDING, 0)] * 4
    assert sendouts.states().count(SENT) == 2 + 4
    assert Domains().limits() == {SLOW: 0}
    redis_time.moment += PERIOD
    assert Domains().limits() == {SLOW: int(FIRST_RATE * PERIOD)}


def test_a_relay_that_ends_every_session_slows_no_domain_down(
    sendouts: Sendouts, mailbox: Mailbox
) -> None:
    sendouts.begin()
    mailbox.answer(None, "421 4.3.2 closing", times=9)

    sendouts.run_lane()

    assert Domains().slowed() == {}
    assert SENT not in sendouts.states()


def test_of_a_dead_lane_the_copies_that_it_left_out_are_tried_again(
    sendouts: Sendouts, mailbox: Mailbox
) -> None:
    for at in (20, 24):
        sendouts.begin()
        mailbox.answer(f"slow1@{SLOW}", "450 4.7.1 later")
        assert sendouts.interrupt(at, die)
        sendouts.finish()

        assert sendouts.uncertain() <= 2
