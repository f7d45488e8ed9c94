"""Editing a list changes only the given fields, and the audit trail names them."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    AuditEntry,
    Door,
    Invalid,
    ListDelivery,
    ListKind,
    SelfService,
    Unknown,
)
from tests.builders import Cast, a_list
from workflows.lists import lists

PORTAL = Door.PORTAL


def edits(session: Session) -> list[AuditEntry]:
    found = select(AuditEntry).where(AuditEntry.act == Act.EDITED_LIST).order_by(AuditEntry.id)
    return list(session.scalars(found))


def test_the_given_fields_are_changed_and_audited(session: Session, people: Cast) -> None:
    lists.edit_list(
        session,
        people.announce,
        lists.ListChanges(
            name=" News ",
            description="All of it\nand more",
            kind=ListKind.DISCUSSION,
            delivery=ListDelivery.LIST_ADDRESS,
            four_eyes=False,
            self_service=SelfService.CLOSED,
        ),
        actor=Actor(people.barbara, PORTAL),
    )

    announce = people.announce
    assert (announce.name, announce.description) == ("News", "All of it\nand more")
    assert (announce.kind, announce.four_eyes) == (ListKind.DISCUSSION, False)
    assert announce.self_service is SelfService.CLOSED
    (entry,) = edits(session)
    assert (entry.actor, entry.list_id) == ("Barbara Liskov", announce.id)
    assert entry.detail["self_service"] == "closed"
    assert "address" not in entry.detail


def test_an_unchanged_field_is_not_audited(session: Session, people: Cast) -> None:
    announce = people.announce

    lists.edit_list(
        session,
        announce,
        lists.ListChanges(name=announce.name, four_eyes=True),
        actor=Actor(people.barbara, PORTAL),
    )

    assert edits(session) == []


def test_a_description_can_be_removed(session: Session, people: Cast) -> None:
    people.announce.description = "News"

    lists.edit_list(
        session, people.announce, lists.ListChanges(description=""), actor=Actor.operator()
    )

    assert people.announce.description == ""


def test_a_list_may_set_its_own_address_again(session: Session, people: Cast) -> None:
    lists.edit_list(
        session,
        people.announce,
        lists.ListChanges(address="Announce@Lists.example.org"),
        actor=Actor.operator(),
    )

    assert people.announce.address == "Announce@lists.example.org"
    assert people.announce.address_key == "announce@lists.example.org"


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (lists.ListChanges(name=""), "The list's name must be one line"),
        (lists.ListChanges(address=""), "not an e-mail address"),
        (
            lists.ListChanges(address="STAFF@lists.example.org"),
            "The mailing list staff already has this",
        ),
        (lists.ListChanges(description="a\0"), "The description must be text"),
    ],
)
def test_an_invalid_value_changes_nothing(
    session: Session, people: Cast, wrong: lists.ListChanges, why: str
) -> None:
    a_list(session, "staff")

    with pytest.raises(Invalid, match=why):
        lists.edit_list(session, people.announce, wrong, actor=Actor.operator())

    assert (people.announce.name, people.announce.description) == ("Announce", "")
    assert edits(session) == []


def test_no_approver_list_can_be_assigned_too(session: Session, people: Cast) -> None:
    lists.assign_approvers(session, people.announce, None, actor=Actor(people.barbara, PORTAL))

    assert people.announce.approvers_for(people.ada) == []
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert entry.detail == {"escalation": False, "approver_list": None, "members": []}


def test_a_number_that_is_no_list_is_named(session: Session) -> None:
    with pytest.raises(Unknown, match="There is no mailing list 7000"):
        lists.list_by_id(session, 7000)
