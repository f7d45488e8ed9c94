"""An owner looks after one list without being an administrator: a walk through the portal."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import fields
from enum import Enum
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Actor,
    ApproverList,
    Door,
    LetterName,
    ListDelivery,
    ListKind,
    MailingList,
    MessageState,
    Notification,
    SelfService,
    Trespass,
    User,
)
from tests.builders import Cast, a_draft, a_list, listgate, role
from tests.portal.visitors import Visitor
from tests.push_letters import trigger_push_letter
from workflows.lists.lists import OWNERS_FIELDS, ListChanges, edit_list
from workflows.people.users import grant
from workflows.queries.user_search import owners_of

Login = Callable[[User], Visitor]

GIVEN = {
    "name": "News",
    "description": "Our news.",
    "self_service": "closed",
    "language": "fr",
    "unsubscribe_line": "yes",
    "rate_copies": "500",
    "rate_minutes": "30",
}
# What the form of an administrator also has.
OTHERS = {
    "address": "elsewhere@lists.example.org",
    "kind": "discussion",
    "delivery": "list_address",
    "from_field": "author",
}


@pytest.fixture
def board(session: Session) -> MailingList:
    """A list that Edsger does not look after."""
    return a_list(session, "board")


@pytest.fixture
def owner(session: Session, people: Cast, board: MailingList, as_person: Login) -> Visitor:
    """The browser of Edsger, who looks after announce."""
    assert board
    grant(session, people.edsger, "owner", on=people.announce, actor=Actor.operator())
    session.commit()
    return as_person(people.edsger)


def test_an_owner_finds_their_list_and_no_other(
    people: Cast, board: MailingList, owner: Visitor
) -> None:
    owner.get("/")
    assert "/mailing-lists" in owner.page
    assert "/users" not in owner.page

    owner.get("/mailing-lists")
    assert "announce@lists.example.org" in owner.page
    assert "board@lists.example.org" not in owner.page
    assert "Create a list" not in owner.page
    owner.get(f"/mailing-lists/{people.announce.id}")
    assert "/details" in owner.page
    assert "/archive" not in owner.page
    assert owner.get(f"/mailing-lists/{board.id}").status_code == 403


def test_the_form_has_the_owners_fields_and_shows_the_others(
    session: Session, people: Cast, owner: Visitor
) -> None:
    path = f"/mailing-lists/{people.announce.id}/details"
    owner.get(path)
    assert 'name="description"' in owner.page
    assert not [name for name in (*OTHERS, "four_eyes") if f'name="{name}"' in owner.page]
    assert "What only administrators of all lists can change" in owner.page
    assert "announce@lists.example.org" in owner.page

    assert owner.send(path, **GIVEN, **OTHERS).status_code == 303

    session.expire_all()
    changed = people.announce
    assert (changed.name, changed.description, changed.self_service, changed.personal) == (
        "News",
        "Our news.",
        SelfService.CLOSED,
        False,
    )
    assert changed.sendout_rules.rate is not None
    assert (changed.address, changed.kind, changed.delivery, changed.four_eyes) == (
        "announce@lists.example.org",
        ListKind.ANNOUNCEMENT,
        ListDelivery.MEMBERS,
        True,
    )


@pytest.mark.usefixtures("owner")
def test_every_other_field_needs_the_right_everywhere(session: Session, people: Cast) -> None:
    edsger, announce = Actor(people.edsger, Door.PORTAL), people.announce
    others = {one.name for one in fields(ListChanges)} - OWNERS_FIELDS
    assert {*OTHERS, "four_eyes"} <= others

    for field in others:
        changed: Any = another(getattr(announce, field))
        with pytest.raises(Trespass, match="lacks the right EDIT_LISTS"):
            edit_list(session, announce, ListChanges(**{field: changed}), actor=edsger)


def another(value: object) -> object:
    """A value of the same kind that is not this one."""
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case Enum():
            return next(one for one in type(value) if one is not value)
    return "elsewhere@lists.example.org"


def test_an_owner_manages_members_and_approvers(
    session: Session, people: Cast, owner: Visitor
) -> None:
    jury = ApproverList(name="jury", members=[people.ada])
    session.add(jury)
    session.commit()
    path = f"/mailing-lists/{people.announce.id}"

    owner.send(f"{path}/subscribers", address="ada@example.org")
    owner.send(f"{path}/subscribers/{people.barbara.id}/end")
    grace = b64encode(b"grace@example.org\n").decode()
    owner.send(f"{path}/import", content=grace)
    exported = owner.get(f"{path}/subscribers.txt").text.split()
    owner.send(f"{path}/approvers", approver_list=str(jury.id))

    assert exported == ["ada@example.org", "edsger@example.org", "grace@example.org"]
    session.expire_all()
    assert people.announce.approver_list is jury


def test_an_owner_sees_the_pushes_and_messages_of_their_list_only(
    session: Session, people: Cast, board: MailingList, owner: Visitor
) -> None:
    for mailing_list in (people.announce, board):
        trigger_push_letter(session, mailing_list, LetterName.SYNC_HELD)
        message = a_draft(session, people, f"To {mailing_list}")
        message.mailing_list = mailing_list
        message.move(MessageState.SCHEDULED)
    session.commit()
    letters = select(Notification.user_id, Notification.detail["list"].as_string())
    held = letters.where(Notification.letter == LetterName.SYNC_HELD)
    edsger, barbara = people.edsger.id, people.barbara.id

    assert sorted(tuple(row) for row in session.execute(held)) == [
        (barbara, "announce"),
        (barbara, "board"),
        (edsger, "announce"),
    ]
    assert "/pushes" in owner.get("/").text
    assert f"/mailing-lists/{board.id}" not in owner.page
    owner.get("/messages")
    assert "To announce" in owner.page
    assert "To board" not in owner.page
    path = f"/mailing-lists/{people.announce.id}/pushes"
    assert owner.send(f"{path}/confirmation", seen="420").location == path
    assert owner.send(f"/mailing-lists/{board.id}/pushes/confirmation").status_code == 403


def test_without_the_right_to_use_approver_lists_they_are_shown(
    session: Session, people: Cast, owner: Visitor
) -> None:
    owner.get(path := f"/mailing-lists/{people.announce.id}/approvers")
    assert 'name="approver_list"' in owner.page

    role(session, "owner").rights = [402]
    session.commit()
    owner.get(path)

    assert 'name="approver_list"' not in owner.page
    assert "it needs the right to use approver lists" in owner.page
    assert "editors" in owner.page


@pytest.mark.usefixtures("owner")
def test_the_owners_of_a_list_are_named(session: Session, people: Cast, board: MailingList) -> None:
    assert owners_of(session, people.announce) == [people.edsger]
    assert owners_of(session, board) == []
    assert "Edsger Dijkstra" in listgate("list", "show", "announce").stdout
