"""A sweep that finds nothing due, after years of sendouts, compared with `select 1`.

A look runs in a transaction of its own, and so does the statement.
"""

from collections.abc import Callable
from statistics import median
from typing import Final

from sqlalchemy import text

from benchmarks.measuring import seconds
from benchmarks.results import Measured, report
from benchmarks.seeding import order, seed_list, seed_people, settle
from workflows.tasks import sweep_all
from workflows.transaction import transaction

MESSAGES: Final = 100_000
DELIVERIES: Final = 1_000_000
ROUNDS: Final = 50
GOAL: Final = 20.0

# Rows are inserted in their final states, which the triggers would refuse.
SEED: Final = """
    set session_replication_role = replica;
    insert into message (state, author_id, list_id, subject, size, written_at, composed, raw)
    select 'sent', 1, 1, 'Message ' || n, 6, now() - interval '1 year', false, 'sent'::bytea
    from generate_series(1, {messages}) as n;
    insert into dispatch
        (state, message_id, content_hash, released_by_id, due_at, ring_at, rings,
         doubts_reported_at)
    select 'sent', id, '', 1, written_at, written_at, 1, written_at from message;
    insert into delivery
        (state, dispatch_id, address, attempts, next_attempt_at, claimed_at, sent_at)
    select 'sent', d.id, n || '@example.org', 1, d.due_at, d.due_at, d.due_at
    from dispatch d, generate_series(1, {deliveries} / {messages}) as n;
    set session_replication_role = default
"""


def main() -> None:
    """Run the benchmark and report the result."""
    seed_people(10)
    seed_list("news", every=1)
    order(SEED.format(messages=MESSAGES, deliveries=DELIVERIES))
    settle()
    sweep_all()  # what a new installation has to do once, and the first of every statement
    taken = [(milliseconds(sweep_all), milliseconds(select_1)) for _ in range(ROUNDS)]
    ours, bare = (median(each) for each in zip(*taken, strict=True))
    report(Measured(f"a sweep after {DELIVERIES:,} deliveries", ours, bare, "ms", GOAL))


def milliseconds(operation: Callable[[], object]) -> float:
    """Return the duration of the operation."""
    return seconds(operation) * 1000


def select_1() -> None:
    """Run the smallest statement in a transaction."""
    with transaction() as session:
        session.execute(text("select 1"))


if __name__ == "__main__":
    main()
