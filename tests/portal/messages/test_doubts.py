"""The page of copies in doubt: its rows, its two buttons, and the way to it."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Delivery, DeliveryState, Dispatch, ModerationRequest, User
from tests.builders import Cast, a_dispatch
from tests.portal.visitors import Visitor
from tests.sendout_letters import end_in_doubt

Login = Callable[[User], Visitor]


@pytest.fixture
def copies(session: Session, people: Cast) -> list[Delivery]:
    """The copies of a sendout that has ended: one has failed, the other is uncertain."""
    ended: Dispatch = a_dispatch(session, people)
    return list(end_in_doubt(session, ended).values())


@pytest.fixture
def page(session: Session, copies: list[Delivery]) -> str:
    """The path of the page."""
    return f"/messages/{session.get_one(Dispatch, copies[0].dispatch_id).message_id}/doubts"


def test_each_copy_in_doubt_has_a_row_until_all_are_settled_at_once(
    people: Cast, as_person: Login, page: str
) -> None:
    barbara = as_person(people.barbara)

    barbara.get(page.removesuffix("/doubts"))
    assert f'href="{page}"' in barbara.page
    barbara.get(page)

    assert "edsger@example.org" in barbara.page
    assert "550 5.1.1 No such user" in barbara.page
    assert "The worker died while it was being sent." in barbara.page

    barbara.send(page, act="settle", all="yes")
    barbara.get(page)
    assert "No copy of this message is in doubt." in barbara.page


@pytest.mark.parametrize(
    ("act", "states", "said"),
    [
        ("resend", {DeliveryState.PENDING, DeliveryState.UNCERTAIN}, "1 copy will be sent again"),
        ("settle", {DeliveryState.FAILED, DeliveryState.UNCERTAIN}, "1 copy has been settled"),
    ],
)
def test_a_button_acts_on_the_ticked_copies(  # noqa: PLR0917
    session: Session,
    people: Cast,
    as_person: Login,
    copies: list[Delivery],
    page: str,
    act: str,
    states: set[DeliveryState],
    said: str,
) -> None:
    barbara = as_person(people.barbara)

    assert barbara.send(page, act=act, copy=str(copies[0].id)).status_code == 303

    session.expire_all()
    assert {one.state for one in copies} == states
    barbara.get(page.removesuffix("/doubts"))
    assert said in barbara.page
    barbara.get(page)
    assert f'value="{copies[0].id}"' not in barbara.page
    assert f'value="{copies[1].id}"' in barbara.page


REFUSED = [
    ({"act": "resend"}, "Choose at least one recipient."),
    ({"act": "resend", "copy": "999999"}, "There is no such copy."),
    ({"act": "delete", "all": "yes"}, "Choose what to do."),
]


def test_a_refused_form_shows_the_page_again(people: Cast, as_person: Login, page: str) -> None:
    barbara = as_person(people.barbara)

    for fields, sentence in REFUSED:
        assert barbara.send(page, **fields).status_code == 400

        assert sentence in barbara.page
        assert "edsger@example.org" in barbara.page


def test_an_author_corrects_the_message_for_those_who_did_not_get_it(
    session: Session, people: Cast, as_person: Login, page: str
) -> None:
    ada, grace = as_person(people.ada), as_person(people.grace)
    path = page.removesuffix("/doubts")
    ada.get(path)
    assert page not in ada.page  # without Right 601
    assert "Send a corrected message to those who did not get this one" in ada.page

    sent = ada.send(f"{path}/rest", uncertain="yes")
    ada.get(sent.location)
    assert "2: members of the list who did not get message" in ada.page
    assert ada.send(f"{sent.location}/handing_in").status_code == 303

    request = session.scalars(select(ModerationRequest.id).order_by(ModerationRequest.id.desc()))
    grace.get(f"/requests/{request.first()}")
    assert "2: members of the list who did not get message" in grace.page
    assert "these may get both" in grace.page
    ada.get(path)
    assert "Send a corrected message" not in ada.page
