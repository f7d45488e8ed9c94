"""An administrator invites a user; the letter is in the user's language."""

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Language, Notification, User
from tests.builders import Cast
from tests.portal.visitors import Visitor

Login = Callable[[User], Visitor]


def test_an_invited_person_gets_a_letter_in_their_language(
    session: Session, people: Cast, as_person: Login
) -> None:
    browser = as_person(people.barbara)
    given = {"name": "Marie Curie", "address": "marie@example.org", "language": "fr"}

    assert browser.send("/users/new", **given, role=["author"]).status_code == 303

    browser.get("/users/new")
    assert "Marie Curie has been invited." in browser.page
    letter = session.scalars(select(Notification)).one()
    assert (letter.user.language, letter.user.roles[0].name) == (Language.FRENCH, "author")
    assert browser.send("/users/new", **given).status_code == 400
    assert "There is already a user with this address." in browser.page
    assert 'value="Marie Curie"' in browser.page
