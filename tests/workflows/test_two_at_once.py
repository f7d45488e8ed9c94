"""Two people who want the same unique thing at once: the second one reads a sentence."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import Actor, ApproverList, Invalid, User
from tests.builders import Cast
from tests.workflows.locks import wait_until_one_waits
from workflows import access
from workflows.lists import lists
from workflows.lists.lists import ListChanges, NewList
from workflows.people import addresses, contacts, roles, users
from workflows.people.contacts import ContactChanges
from workflows.transaction import transaction
from workflows.unique import unique

OPERATOR = Actor.operator()
PHONE = "+33612345678"
ADDRESS = "new@example.org"

Act = Callable[[Session], object]


def change_phone(first_name: str) -> Act:
    return lambda session: contacts.change_contact(
        session, person(session, first_name), ContactChanges(phone=PHONE), actor=OPERATOR
    )


def change_address(first_name: str) -> Act:
    return lambda session: addresses.change_address(
        session, person(session, first_name), ADDRESS, actor=OPERATOR
    )


def person(session: Session, first_name: str) -> User:
    return access.user_with_address(session, f"{first_name}@example.org")


def create_list(short_name: str, address: str) -> Act:
    return lambda session: lists.create_list(
        session, NewList(short_name, address, "News"), actor=OPERATOR
    )


def edit_list(short_name: str) -> Act:
    return lambda session: lists.edit_list(
        session,
        lists.list_named(session, short_name),
        ListChanges(address="news@example.org"),
        actor=OPERATOR,
    )


def add_user(session: Session) -> None:
    users.add_user(session, ADDRESS, "New", actor=OPERATOR)


def create_role(session: Session) -> None:
    roles.create_role(session, "editor", [601], actor=OPERATOR)


def rename_role(session: Session) -> None:
    role = access.role_named(session, "author")
    roles.rename_role(session, role, "editor", actor=OPERATOR)


def create_approver_list(session: Session) -> None:
    lists.create_approver_list(session, "Board 2", [], actor=OPERATOR)


def grant(session: Session) -> None:
    users.grant(session, person(session, "edsger"), "author", actor=OPERATOR)


def set_approvers(session: Session) -> None:
    board = session.scalars(select(ApproverList)).one()
    lists.set_approvers(session, board, [*board.members, person(session, "edsger")], actor=OPERATOR)


SAME_THING: list[tuple[Act, Act, str]] = [
    (change_phone("ada"), change_phone("edsger"), "Another user has this telephone number."),
    (change_address("ada"), change_address("edsger"), "Another user has this address."),
    (add_user, add_user, "There is already a user with this address."),
    (add_user, change_address("ada"), "Another user has this address."),
    (create_role, create_role, "There is already a role editor."),
    (create_role, rename_role, "There is already a role editor."),
    (create_approver_list, create_approver_list, "There is already an approver list 'Board 2'."),
    (
        create_list("news", "news@example.org"),
        create_list("news", "other@example.org"),
        "There is already a mailing list 'news'.",
    ),
    (
        create_list("news", "news@example.org"),
        create_list("other", "news@example.org"),
        "The mailing list news already has this address.",
    ),
    (
        create_list("news", "news@example.org"),
        edit_list("announce"),
        "The mailing list news already has this address.",
    ),
]


@pytest.mark.parametrize(("first", "second", "sentence"), SAME_THING)
@pytest.mark.usefixtures("committed_cast")
def test_the_second_of_two_at_once_reads_that_it_is_taken(
    own_database: Engine, first: Act, second: Act, sentence: str
) -> None:
    with pytest.raises(Invalid) as refused:
        at_once(own_database, first, second)

    assert str(refused.value) == sentence


def test_another_conflict_is_not_taken_for_a_value_that_is_taken(
    session: Session, people: Cast
) -> None:
    with pytest.raises(IntegrityError), unique(session, lambda: "free"):
        session.add(User(address=people.ada.address, name="Eve"))

    assert access.user_with_address(session, people.ada.address) is people.ada


@pytest.mark.parametrize("act", [grant, set_approvers])
@pytest.mark.usefixtures("committed_cast")
def test_the_second_of_two_who_add_the_same_changes_nothing(own_database: Engine, act: Act) -> None:
    at_once(own_database, act, act)


def at_once(own_database: Engine, first: Act, second: Act) -> None:
    """Do `second` in a thread while `first` is not committed; commit once `second` waits."""

    def other() -> None:
        with transaction() as session:
            second(session)

    with ThreadPoolExecutor(1) as pool:
        with transaction() as session:
            first(session)
            session.flush()
            waiting = pool.submit(other)
            wait_until_one_waits(own_database)
        waiting.result()
