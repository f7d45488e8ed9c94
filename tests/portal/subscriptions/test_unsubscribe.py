"""The link in a copy: a page with a button for people, one POST for mailbox providers."""

import pytest
from sqlalchemy.orm import Session

from models import Language, SelfService, Subscription
from notifications.mime.list_mail import EXAMPLE_TOKEN
from tests.builders import Cast
from tests.portal.visitors import Visitor
from workflows.subscriptions.tokens import token_of

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def path(session: Session, people: Cast) -> str:
    """The link in the copy that Edsger got from the list announce."""
    return f"/unsubscribe/{token_of(session, people.announce.id, people.edsger.id)}"


def is_on_it(session: Session, people: Cast) -> bool:
    session.expire_all()
    return session.get(Subscription, (people.announce.id, people.edsger.id)) is not None


@pytest.mark.parametrize("encoding", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_provider_unsubscribes_by_one_post_and_may_repeat_it(
    session: Session, people: Cast, stranger: Visitor, path: str, encoding: str
) -> None:
    for _ in range(2):
        answer = stranger.client.post(path, data=ONE_CLICK, content_type=encoding)

        assert (answer.status_code, answer.mimetype) == (200, "text/plain")
        assert "Set-Cookie" not in answer.headers
        assert answer.text == "You are no longer on the list Announce.\n"
        assert not is_on_it(session, people)


def test_people_get_a_button_in_their_language_and_a_get_changes_nothing(
    session: Session, people: Cast, stranger: Visitor, path: str
) -> None:
    people.edsger.language = Language.GERMAN
    session.flush()

    page = stranger.client.get(path).text
    assert "<button>Liste verlassen</button>" in page
    assert "Edsger" not in page
    assert is_on_it(session, people)

    answer = stranger.client.post(path)
    assert answer.status_code == 200
    assert "Sie sind nicht auf der Liste Announce" in answer.text
    assert "<button" not in answer.text.partition("<main")[2]
    assert not is_on_it(session, people)


def test_a_closed_list_says_who_can_remove_its_members(
    session: Session, people: Cast, stranger: Visitor, path: str
) -> None:
    people.announce.self_service = SelfService.CLOSED
    session.flush()

    assert "Only administrators can change" in stranger.client.get(path).text
    assert stranger.client.post(path, data=ONE_CLICK).status_code == 403
    assert is_on_it(session, people)


def test_the_example_that_approvers_see_says_so(stranger: Visitor) -> None:
    answer = stranger.client.get(f"/unsubscribe/{EXAMPLE_TOKEN}")

    assert "<button" not in answer.text.partition("<main")[2]
    assert "This link is an example" in answer.text


def test_an_unknown_link_is_404_however_large_the_form_is(stranger: Visitor) -> None:
    too_large = {**ONE_CLICK, "more": "x" * 200_000}

    assert stranger.client.post("/unsubscribe/unknown", data=too_large).status_code == 404
