"""How long a rate-limited sendout takes, compared with what its limit says, by 1 and 4 workers."""

from typing import Final

from sqlalchemy import select

from benchmarks.results import Measured, report
from benchmarks.seeding import order, seed_list, seed_people, settle
from benchmarks.sending import a_message, send, workers
from models import Delivery
from workflows.transaction import transaction

PER_MINUTE: Final = 600
PERIODS: Final = 2  # whole ones: so many times the limit is used up before the last copies
COPIES: Final = (PERIODS + 1) * PER_MINUTE
GOAL: Final = 1.05
LEAST: Final = 0.95  # a sendout that is faster breaks its limit

WORKERS: Final = (1, 4)

LIMIT: Final = "update mailing_list set rate_copies = {}, rate_minutes = 1"


def main() -> None:
    """Run the benchmark and report the results."""
    seed_people(COPIES)
    for number in WORKERS:
        seed_list(f"paced{number}", every=1)
    order(LIMIT.format(PER_MINUTE))
    settle()
    for number in WORKERS:
        with workers(number):
            took = between_first_and_last_period(send(a_message(f"paced{number}"), COPIES))
        limit = PERIODS * 60.0
        assert took >= LEAST * limit, "the limit was not kept"
        what = (
            f"{PERIODS} periods of {PER_MINUTE} copies a minute, {number} workers; raw: the limit"
        )
        report(Measured(what, took, limit, "s", GOAL))


def between_first_and_last_period(dispatch_id: int) -> float:
    """Return the seconds from the claim of the first copy to that of the first of the last."""
    claimed = (
        select(Delivery.claimed_at)
        .where(Delivery.dispatch_id == dispatch_id)
        .order_by(Delivery.claimed_at)
    )
    with transaction() as session:
        begun = session.scalars(claimed.limit(1)).one()
        last = session.scalars(claimed.offset(COPIES - PER_MINUTE).limit(1)).one()
        assert begun is not None
        assert last is not None
        return float((last - begun).total_seconds())


if __name__ == "__main__":
    main()
