"""My history, and the history of others for users with the right to view users."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from models import Act, Actor, Door, User, record
from portal.web.paging import ROWS
from tests.builders import Cast
from tests.portal.visitors import Visitor

Login = Callable[[User], Visitor]
NEXT = re.compile(r'rel="next" href="([^"]+)"')


def test_my_history_shows_my_acts_with_their_list(people: Cast, as_person: Login) -> None:
    edsger = as_person(people.edsger)

    assert edsger.get("/account/history").status_code == 200

    assert "Edsger Dijkstra subscribed" in edsger.page
    assert ">announce<" in edsger.page


def test_administrators_see_everybodys(people: Cast, as_person: Login) -> None:
    barbara, path = as_person(people.barbara), f"/users/{people.edsger.id}/history"

    assert barbara.get(path).status_code == 200

    assert "History of Edsger Dijkstra" in barbara.page


@pytest.mark.parametrize("path", ["/account/history", "/users/{edsger}/history"])
def test_a_long_one_has_pages(session: Session, people: Cast, as_person: Login, path: str) -> None:
    for _ in range(60):
        record(session, Act.LOGGED_IN, actor=Actor(people.edsger, Door.PORTAL))
    reader = as_person(people.edsger if path == "/account/history" else people.barbara)
    path = path.format(edsger=people.edsger.id)

    reader.get(path)
    assert reader.page.count("Edsger Dijkstra logged in") == ROWS
    assert "Newest entries" not in reader.page
    older = NEXT.search(reader.page)
    assert older
    reader.get(older[1])

    assert reader.page.count("Edsger Dijkstra logged in") == 60 - ROWS
    assert f'<a href="{path}">Newest entries</a>' in reader.page
    assert not NEXT.search(reader.page)


def test_an_invalid_place_is_refused_with_a_sentence(people: Cast, as_person: Login) -> None:
    edsger = as_person(people.edsger)

    assert edsger.get("/account/history?entry=x").status_code == 400
    assert edsger.get("/account/history?change=" + "9" * 400).status_code == 400
