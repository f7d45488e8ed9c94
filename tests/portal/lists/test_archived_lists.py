"""No page offers an archived list, and a draft written for one is not lost."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Actor, Door, Message, User
from notifications.mime.compose import TypedMessage, compose_mail, read_typed
from tests.builders import LIMIT, Cast, a_list
from tests.portal.visitors import Visitor
from workflows.lists.archive import archive
from workflows.messages.write import Draft, write

Login = Callable[[User], Visitor]
TYPED = {"list": "old", "subject": "Plans", "text": "Dear members,", "html": ""}


@pytest.fixture
def draft(session: Session, people: Cast) -> Message:
    """A draft of Ada's for a list that is archived since."""
    old = a_list(session, "old")
    message = write(
        session,
        Draft(
            old, compose_mail(TypedMessage("Plans", "Dear members,", ""), people.ada), composed=True
        ),
        actor=Actor(people.ada, Door.PORTAL),
        max_bytes=LIMIT,
    )
    archive(session, old, actor=Actor.operator())
    session.flush()
    return message


def test_no_page_offers_an_archived_list(people: Cast, as_person: Login, draft: Message) -> None:
    ada = as_person(people.ada)

    for page in ("/messages/new", "/messages/upload", "/my/lists"):
        ada.get(page)

        assert people.announce.name in ada.page, page
        assert draft.mailing_list.name not in ada.page, page


def test_the_outbox_still_finds_what_was_sent_to_it(
    people: Cast, as_person: Login, draft: Message
) -> None:
    ada = as_person(people.ada)

    ada.get("/messages?list=old")

    assert "Old (old)" in ada.page
    assert f"/messages/{draft.id}" in ada.page


def test_a_draft_to_an_archived_list_says_why_and_moves_to_another(
    session: Session, people: Cast, as_person: Login, draft: Message
) -> None:
    ada, page = as_person(people.ada), f"/messages/{draft.id}/draft"

    ada.get(f"/messages/{draft.id}")
    assert "The list Old is archived. Please choose another one." in ada.page
    assert ">Request approval" not in ada.page
    ada.get(page)
    assert "The list Old is archived. Please choose another one." in ada.page
    assert "Dear members,</textarea>" in ada.page
    assert ada.send(page, **(TYPED | {"list": "announce"})).status_code == 303

    session.expire_all()
    assert draft.mailing_list == people.announce
    assert read_typed(draft.raw).text == "Dear members,"


@pytest.mark.parametrize("new", [True, False])
def test_the_input_typed_meanwhile_stays_on_the_page(
    session: Session, people: Cast, as_person: Login, draft: Message, *, new: bool
) -> None:
    ada, raw = as_person(people.ada), draft.raw
    page = "/messages/new" if new else f"/messages/{draft.id}/draft"
    ada.get(page)

    answer = ada.send(page, **(TYPED | {"text": "Dear all,"}))

    assert answer.status_code == 409
    assert "The list old is archived." in ada.page
    assert "Dear all,</textarea>" in ada.page
    session.expire_all()
    assert [one.raw for one in session.scalars(select(Message))] == [raw]


def test_it_is_not_handed_in(people: Cast, as_person: Login, draft: Message) -> None:
    ada = as_person(people.ada)

    answer = ada.send(f"/messages/{draft.id}/handing_in")

    assert answer.status_code == 409
    assert "The list old is archived." in ada.page


def test_a_search_of_my_lists_takes_words_in_any_order(
    session: Session, people: Cast, as_person: Login
) -> None:
    a_list(session, "news").description = "What is new, every day"
    session.flush()
    ada = as_person(people.ada)

    ada.get("/my/lists?words=day+NEW")

    assert "Join News" in ada.page
    assert "Join Announce" not in ada.page
