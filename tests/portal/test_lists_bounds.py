"""The pages about lists ask the database as often for fifty rows as for five."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from models import Door, Sync, SyncState, User
from models.database import engine
from tests.builders import Cast, a_list, members
from tests.portal.visitors import Visitor
from tests.workflows.pushing import asked
from workflows import lists

Login = Callable[[User], Visitor]

# Who reads, with roles: three; what a list is doubted for: ten; the rest is the page.
FEW = 20


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that are sent meanwhile."""
    statements: list[str] = []

    def note(*call: object) -> None:
        statements.append(str(call[2]))

    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


def more_lists(session: Session, people: Cast, count: int) -> None:
    for number in range(count):
        one = a_list(session, f"list{number}-{count}")
        jury = lists.create_approver_list(
            session, one.short_name, [people.grace, people.ada], by=None, via=Door.COMMAND_LINE
        )
        lists.assign_approvers(session, one, jury, by=None, via=Door.COMMAND_LINE)
        lists.assign_approvers(
            session, one, people.approvers, escalation=True, by=None, via=Door.COMMAND_LINE
        )


def more_members(session: Session, people: Cast, count: int) -> None:
    added = [User(address=f"x{n}-{count}@example.org", name=f"X {n}") for n in range(count)]
    lists.set_approvers(session, people.approvers, added, by=None, via=Door.COMMAND_LINE)


def more_subscribers(session: Session, people: Cast, count: int) -> None:
    session.query(User).filter(User.address.startswith("member")).update(
        {User.address: "old" + User.address, User.address_key: "old" + User.address_key}
    )
    members(session, people.announce, count)


def more_pushes(session: Session, people: Cast, count: int) -> None:
    for _ in range(count):
        waiting = asked(session, people.announce)
        waiting.move(SyncState.RUNNING)
        waiting.move(SyncState.DONE)
    assert session.query(Sync).count() >= count


PAGES = {
    "/mailing-lists": more_lists,
    "/approver-lists": more_lists,
    "/mailing-lists/{list}": more_members,
    "/approver-lists/{approvers}": more_members,
    "/approver-lists/{approvers}?q=a": more_subscribers,
    "/mailing-lists/{list}/approvers": more_lists,
    "/mailing-lists/{list}/subscribers": more_subscribers,
    "/mailing-lists/{list}/pushes": more_pushes,
}


@pytest.mark.parametrize("path", PAGES)
def test_fifty_rows_take_no_more_statements_than_five(
    session: Session, people: Cast, as_person: Login, path: str
) -> None:
    browser = as_person(people.barbara)
    page = path.format(list=people.announce.id, approvers=people.approvers.id)
    numbers = []

    for count in (5, 45):
        PAGES[path](session, people, count)
        session.flush()
        with counted() as statements:
            assert browser.get(page).status_code == 200
        numbers.append(len(statements))

    assert numbers[0] == numbers[1] <= FEW
