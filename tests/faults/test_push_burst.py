"""A burst of concurrent changes becomes one push, or two, with every change."""

from concurrent.futures import ThreadPoolExecutor

from models import Actor, Door
from tests.faults.pushing import PushingStack
from workflows.people.users import add_user
from workflows.subscriptions.subscribe import subscribe, unsubscribe
from workflows.transaction import transaction

THREADS = 6
CHANGES = 10  # of each


def change(pushing: PushingStack, thread: int) -> None:
    """Subscribe new people one by one, and unsubscribe every third of them again."""
    announce = pushing.live.people.announce
    for number in range(CHANGES):
        with transaction() as session:
            address = f"member{thread}.{number}@example.org"
            user = add_user(session, address, "Member", actor=Actor.operator())
            subscribe(session, user, announce, actor=Actor(user, Door.PORTAL))
        if number % 3 == 0:
            with transaction() as session:
                unsubscribe(session, user, announce, actor=Actor(user, Door.PORTAL))


def test_many_concurrent_changes_become_one_push_or_two(pushing: PushingStack) -> None:
    pushing.assert_converges()

    with ThreadPoolExecutor(THREADS) as threads:
        done = [threads.submit(change, pushing, thread) for thread in range(THREADS)]
    assert [each.exception() for each in done] == [None] * THREADS
    pushing.assert_converges()

    ((changes,),) = pushing.live.sql("select count(*) from subscription_change")
    assert changes == 2 + THREADS * (CHANGES + CHANGES // 3 + 1)
    # One before the burst, and one or two of it.
    assert pushing.live.states("sync")["done"] in {2, 3}
    assert int(pushing.logged("saw")[-1]) == 2 + THREADS * (CHANGES - CHANGES // 3 - 1)
