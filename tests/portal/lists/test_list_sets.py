"""Sets of lists on pages: create, change, and delete while no role is granted on them."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Actor, ListSet, Right, User
from tests.builders import Cast, a_list
from tests.portal.visitors import Visitor
from workflows.lists.archive import archive
from workflows.lists.list_sets import create_list_set
from workflows.people.users import grant

Login = Callable[[User], Visitor]
OPERATOR = Actor.operator()


@pytest.fixture
def barbara(people: Cast, as_person: Login) -> Visitor:
    return as_person(people.barbara)


@pytest.fixture
def press(session: Session, people: Cast) -> ListSet:
    """A set of one list; there are two others."""
    for name in ("board", "news"):
        a_list(session, name)
    return create_list_set(session, "press", [people.announce], actor=OPERATOR)


def lists_of(session: Session, name: str) -> list[str] | None:
    session.expire_all()
    found = session.scalar(select(ListSet).filter_by(name=name))
    return [one.short_name for one in found.lists] if found else None


def test_a_set_is_created_changed_and_deleted(
    session: Session, press: ListSet, barbara: Visitor
) -> None:
    assert barbara.send("/list-sets/new", name="local", list=["news", "board"]).status_code == 303
    barbara.get("/list-sets")
    assert "board, news" in barbara.page
    assert lists_of(session, "local") == ["board", "news"]

    path = f"/list-sets/{press.id}"
    barbara.get(path)
    assert 'value="announce" checked' in barbara.page
    assert 'value="news">' in barbara.page
    assert barbara.send(path, list=["news"]).status_code == 303
    assert lists_of(session, "press") == ["news"]
    barbara.get("/trail")
    assert "Barbara Liskov changed the set of lists press (now news)" in barbara.page

    assert barbara.send(f"{path}/removal").status_code == 303
    assert lists_of(session, "press") is None
    assert barbara.get(path).status_code == 404


def test_a_role_on_the_set_follows_its_lists_and_keeps_it(
    session: Session, people: Cast, press: ListSet, barbara: Visitor
) -> None:
    grant(session, people.edsger, "owner", on=press, actor=OPERATOR)
    path = f"/list-sets/{press.id}"

    barbara.send(path, list=["announce", "news"])

    session.expire_all()
    assert people.edsger.list_ids(Right.EDIT_LISTS) == {one.id for one in press.lists}
    barbara.get(path)
    assert "Delete the set" not in barbara.page
    assert barbara.send(f"{path}/removal").status_code == 409
    assert "Someone has a role on the set press" in barbara.page


def test_an_archived_list_stays_in_its_set(
    session: Session, people: Cast, press: ListSet, barbara: Visitor
) -> None:
    archive(session, people.announce, actor=OPERATOR)

    barbara.get(f"/list-sets/{press.id}")

    assert 'value="announce" checked' in barbara.page


@pytest.mark.parametrize(
    ("name", "why"),
    [("press", "There is already a set of lists 'press'."), ("", "must be one line")],
)
@pytest.mark.usefixtures("press")
def test_a_refused_form_keeps_what_was_checked(barbara: Visitor, name: str, why: str) -> None:
    assert barbara.send("/list-sets/new", name=name, list=["news"]).status_code == 400

    assert why in barbara.page
    assert 'value="news" checked' in barbara.page
    assert 'value="announce">' in barbara.page


@pytest.mark.parametrize("name", ["elsewhere", "a\0"])
def test_a_set_with_an_unknown_list_is_not_created(
    session: Session, barbara: Visitor, name: str
) -> None:
    answer = barbara.send("/list-sets/new", name="local", list=["announce", name])

    assert answer.status_code == 404
    assert lists_of(session, "local") is None
