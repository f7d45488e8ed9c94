"""My details: change them; a new address counts once it is confirmed from there."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Language, LetterName, Notification, Preference, User
from tests.builders import Cast
from tests.portal.visitors import Visitor, link_for

Login = Callable[[User], Visitor]
DETAILS = {
    "name": "Edsger W. Dijkstra",
    "language": "fr",
    "time_zone": "Europe/Amsterdam",
    "phone": "+31 20 123 4567",
    "preference": "both",
}


def test_the_form_is_saved(session: Session, people: Cast, as_person: Login) -> None:
    edsger = as_person(people.edsger)

    assert edsger.send("/account/details", **DETAILS).status_code == 303

    session.refresh(people.edsger)
    kept = people.edsger
    assert (kept.name, kept.language, kept.preference) == (
        "Edsger W. Dijkstra",
        Language.FRENCH,
        Preference.BOTH,
    )
    assert (kept.time_zone, kept.phone) == ("Europe/Amsterdam", "+31201234567")
    edsger.get("/account/details")
    assert "Vos coordonnées sont enregistrées." in edsger.page


INVALID = [
    ({"name": " "}, "must be one line"),
    ({"language": "nl"}, "This is not one of the choices."),
    ({"time_zone": "Mars/Phobos"}, "There is no such time zone."),
    ({"phone": ""}, "no telephone number"),
    ({"preference": "pigeon"}, "This is not one of the choices."),
]


def test_an_invalid_value_changes_nothing_and_stays_in_the_form(
    session: Session, people: Cast, as_person: Login
) -> None:
    edsger = as_person(people.edsger)

    for typed, why in INVALID:
        answer = edsger.send("/account/details", **{**DETAILS, "language": "en", **typed})

        assert answer.status_code == 400
        assert why in edsger.page
        assert "name" in typed or "Edsger W. Dijkstra" in edsger.page
    session.refresh(people.edsger)
    assert people.edsger.name == "Edsger Dijkstra"


def test_an_address_counts_when_the_letter_to_it_was_used(
    session: Session, people: Cast, as_person: Login, stranger: Visitor
) -> None:
    edsger = as_person(people.edsger)

    edsger.send("/account/address", address="ewd@example.org")

    session.refresh(people.edsger)
    assert people.edsger.address == "edsger@example.org"
    path = link_for(session, people.edsger)
    assert stranger.get(path).status_code == 200
    assert stranger.send(path).status_code == 303
    session.refresh(people.edsger)
    assert people.edsger.address == "ewd@example.org"
    newest = select(Notification).order_by(Notification.id.desc()).limit(2)
    notified = {one.address for one in session.scalars(newest)}
    assert notified == {"edsger@example.org", "ewd@example.org"}


@pytest.mark.parametrize("typed", ["ada@example.org", "none"])
def test_an_address_that_cannot_be_mine_is_refused(
    people: Cast, as_person: Login, typed: str
) -> None:
    edsger = as_person(people.edsger)

    assert edsger.send("/account/address", address=typed).status_code == 400

    assert f'value="{typed}"' in edsger.page


@pytest.mark.parametrize("path", ["/account/details", "/account/address", "/account/history"])
def test_a_stranger_logs_in_first(stranger: Visitor, path: str) -> None:
    answer = stranger.get(path)

    assert answer.status_code == 303
    assert answer.location.startswith("/log-in?next=")


def test_a_link_from_before_a_password_change_opens_nothing(
    session: Session, people: Cast, as_person: Login, stranger: Visitor
) -> None:
    stranger.send("/letter/password", address="edsger@example.org")
    path = link_for(session, people.edsger)

    as_person(people.edsger).send("/account/password", new="a better password")

    assert stranger.get(path).status_code == 410


def test_using_one_password_link_voids_the_other(
    session: Session, people: Cast, stranger: Visitor
) -> None:
    paths = []
    for _ in range(2):
        stranger.send("/letter/password", address="edsger@example.org")
        paths.append(link_for(session, people.edsger))

    assert stranger.send(paths[1], new="a better password").status_code == 303

    assert stranger.get(paths[0]).status_code == 410
    newest = select(Notification.letter).order_by(Notification.id.desc()).limit(1)
    assert session.scalar(newest) == LetterName.PASSWORD_CHANGED
