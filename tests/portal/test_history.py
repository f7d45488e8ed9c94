"""My history, and somebody else's for whoever may view users."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from models import Act, Door, User, record
from tests.builders import Cast
from tests.portal.statements import counted
from tests.portal.visitors import Visitor

Login = Callable[[User], Visitor]


def test_what_i_did_is_told_with_its_list(people: Cast, as_person: Login) -> None:
    edsger = as_person(people.edsger)

    assert edsger.get("/account/history").status_code == 200

    assert "Edsger Dijkstra subscribed" in edsger.page
    assert ">announce<" in edsger.page


def test_administrators_see_everybodys(people: Cast, as_person: Login) -> None:
    barbara, path = as_person(people.barbara), f"/users/{people.edsger.id}/history"

    assert barbara.get(path).status_code == 200

    assert "History of Edsger Dijkstra" in barbara.page


def test_a_member_sees_nobody_elses(people: Cast, as_person: Login) -> None:
    edsger = as_person(people.edsger)

    assert edsger.get(f"/users/{people.ada.id}/history").status_code == 403


def test_a_long_one_has_pages_and_no_more_statements(
    session: Session, people: Cast, as_person: Login
) -> None:
    edsger, counts = as_person(people.edsger), []

    for number in (4, 60):
        for _ in range(number):
            record(session, Act.LOGGED_IN, by=people.edsger, via=Door.PORTAL)
        session.flush()
        session.expire_all()
        with counted() as count:
            edsger.get("/account/history")
            counts.append(count())

    assert counts[0] == counts[1] <= 8
    assert "Next page" in edsger.page
    edsger.get("/account/history?page=2")
    assert "Previous page" in edsger.page
