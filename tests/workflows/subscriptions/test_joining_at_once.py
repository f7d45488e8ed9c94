"""Joining while others join or are removed does not deadlock, and reports the outcome."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from models import Actor, Door, Invalid, MailingList, Subscription, User
from models.database import new_session
from tests.builders import a_list, cast, listgate
from tests.workflows.locks import wait_until_one_waits
from workflows.lists import lists
from workflows.people import removal
from workflows.subscriptions.subscribe import subscribe, subscribe_all
from workflows.transaction import transaction


def by_command(board: MailingList, *people: User) -> None:
    listgate("subscribe", board.short_name, *(person.address for person in people))


def by_service(board: MailingList, *people: User) -> None:
    ids = [person.id for person in people]
    with transaction() as session:
        here = lists.list_by_id(session, board.id)
        subscribe_all(session, here, ids, actor=Actor(None, Door.SERVICE))


def join(session: Session, board: MailingList, person: User) -> None:
    session.add(Subscription(list_id=board.id, user_id=person.id))
    session.flush()


@pytest.mark.parametrize("at_once", [by_command, by_service])
@pytest.mark.usefixtures("published")
def test_joining_in_another_order_waits_without_a_deadlock(
    own_database: Engine, at_once: Callable[..., None]
) -> None:
    with Session(own_database, expire_on_commit=False) as session, session.begin():
        people = cast(session)
        board = a_list(session, "board")
    first, last = sorted((people.ada, people.grace), key=lambda one: one.id)

    with ThreadPoolExecutor(1) as threads:
        with new_session.begin() as importing:
            join(importing, board, first)
            other = threads.submit(at_once, board, last, first)
            wait_until_one_waits(own_database)
            join(importing, board, last)
        other.result(30)

    with Session(own_database) as session:
        on_it = select(Subscription.user_id).where(Subscription.list_id == board.id)
        assert set(session.scalars(on_it)) == {first.id, last.id}


@pytest.mark.usefixtures("published")
def test_a_user_removed_meanwhile_is_not_reported_as_subscribed(
    own_database: Engine,
) -> None:
    with Session(own_database, expire_on_commit=False) as session, session.begin():
        people = cast(session)
        board = a_list(session, "board")
    with new_session() as joining, new_session.begin() as removing:
        edsger, here = joining.get_one(User, people.edsger.id), lists.list_by_id(joining, board.id)
        gone = removing.get_one(User, people.edsger.id)
        removal.remove_user(removing, gone, actor=Actor(None, Door.SERVICE))
        removing.commit()

        with pytest.raises(Invalid, match="was removed"):
            subscribe(joining, edsger, here, actor=Actor(None, Door.SERVICE))
