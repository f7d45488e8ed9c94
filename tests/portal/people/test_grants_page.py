"""An administrator grants roles on lists, sees them, and takes them away."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from models import Actor, Right, User
from tests.builders import Cast, a_list
from tests.portal.visitors import Visitor
from workflows.lists.list_sets import create_list_set

Login = Callable[[User], Visitor]


def test_a_role_is_granted_on_a_list_and_on_a_set_and_taken_away(
    session: Session, people: Cast, as_person: Login
) -> None:
    board = a_list(session, "board")
    create_list_set(session, "press", [board], actor=Actor.operator())
    session.commit()
    barbara, path = as_person(people.barbara), f"/users/{people.edsger.id}"

    barbara.get(f"{path}/grants")
    assert "no role on a single list" in barbara.page
    for place in ("announce", "set:press"):
        barbara.send(f"{path}/grants", role="owner", place=place)
    session.expire_all()
    assert people.edsger.list_ids(Right.EDIT_LISTS) == {people.announce.id, board.id}

    for page in (path, "/users"):
        barbara.get(page)
        assert "owner on the list announce, owner on the set of lists press" in barbara.page
    first, second = people.edsger.grants
    barbara.send(f"{path}/grants/{first.id}/end")
    assert barbara.send(f"{path}/grants/{first.id}/end").status_code == 404
    session.expire_all()
    assert people.edsger.grants == [second]


def test_an_unknown_place_is_refused_and_everywhere_is_none(people: Cast, as_person: Login) -> None:
    barbara, path = as_person(people.barbara), f"/users/{people.edsger.id}/grants"

    for place in ("", "unknown", "set:", "set:unknown", "set:\0"):
        assert barbara.send(path, role="owner", place=place).status_code == 404

    assert people.edsger.grants == []
