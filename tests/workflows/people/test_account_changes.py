"""A user gets letters about changes of the account; links mailed before stop working."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    AuditEntry,
    Door,
    Invalid,
    LetterName,
    LinkPurpose,
    MailedLink,
    Notification,
    User,
)
from models.clock import now
from tests.builders import Cast
from workflows.people.account_links import send_link
from workflows.people.addresses import change_address, request_address_change
from workflows.people.contacts import ContactChanges, change_contact
from workflows.people.credentials import change_password
from workflows.people.removal import remove_user
from workflows.people.users import disable

NEW = "hopper@example.org"


def recipients(session: Session, user: User, letter: LetterName) -> list[str]:
    session.flush()
    letters = select(Notification).where(
        Notification.user_id == user.id, Notification.letter == letter
    )
    return [one.address for one in session.scalars(letters.order_by(Notification.id))]


def open_links(session: Session, user: User) -> int:
    session.flush()
    session.expire_all()
    links = session.scalars(select(MailedLink).where(MailedLink.user_id == user.id))
    return sum(not one.over for one in links)


def test_a_new_password_is_reported_by_mail(session: Session, people: Cast) -> None:
    change_password(session, "a hash", actor=Actor(people.grace, Door.PORTAL))

    assert recipients(session, people.grace, LetterName.PASSWORD_CHANGED) == ["grace@example.org"]


def test_a_new_address_is_reported_to_the_old_one_too(session: Session, people: Cast) -> None:
    change_address(session, people.grace, NEW, actor=Actor(people.grace, Door.PORTAL))

    assert recipients(session, people.grace, LetterName.ADDRESS_CHANGED) == [
        "grace@example.org",
        NEW,
    ]


def test_a_disabled_user_gets_no_letter(session: Session, people: Cast) -> None:
    disable(session, people.grace, actor=Actor(people.barbara, Door.PORTAL))

    change_address(session, people.grace, NEW, actor=Actor(people.barbara, Door.PORTAL))

    assert recipients(session, people.grace, LetterName.ADDRESS_CHANGED) == []


@pytest.mark.parametrize("what", ["password", "address"])
def test_a_change_voids_every_open_link(session: Session, people: Cast, what: str) -> None:
    for purpose in (LinkPurpose.LOG_IN, LinkPurpose.RESET):
        send_link(session, people.grace, purpose)
        send_link(session, people.linus, purpose)
    request_address_change(session, people.grace, "another@example.org")
    assert open_links(session, people.grace) == 3

    if what == "password":
        change_password(session, "a hash", actor=Actor(people.grace, Door.PORTAL))
    else:
        change_address(session, people.grace, NEW, actor=Actor(people.grace, Door.PORTAL))

    assert open_links(session, people.grace) == 0
    assert open_links(session, people.linus) == 2


def test_a_link_that_had_expired_does_not_live_longer(session: Session, people: Cast) -> None:
    send_link(session, people.grace, LinkPurpose.LOG_IN)
    session.flush()
    link = session.scalars(select(MailedLink)).one()
    link.expires_at = long_ago = now() - timedelta(days=9)

    change_password(session, "a hash", actor=Actor(people.grace, Door.PORTAL))

    session.refresh(link)
    assert link.expires_at == long_ago


def test_removing_a_user_erases_every_address(session: Session, people: Cast) -> None:
    change_address(session, people.grace, NEW, actor=Actor(people.grace, Door.PORTAL))
    request_address_change(session, people.grace, "third@example.org")
    session.flush()

    remove_user(session, people.grace, actor=Actor(people.barbara, Door.PORTAL))

    session.flush()
    session.expire_all()
    addresses = recipients(session, people.grace, LetterName.ADDRESS_CHANGED)
    assert {one.rpartition("@")[2] for one in addresses} == {"removed.invalid"}
    assert session.scalars(select(MailedLink.new_address)).all() == [None]
    assert open_links(session, people.grace) == 0


def test_a_new_name_is_kept_with_the_old_one_on_record(session: Session, people: Cast) -> None:
    change_contact(
        session,
        people.grace,
        ContactChanges(name=" Grace B. Hopper "),
        actor=Actor(people.grace, Door.PORTAL),
    )

    assert people.grace.name == "Grace B. Hopper"
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert entry.act == Act.CHANGED_CONTACT
    assert entry.detail["before"] == "Grace Hopper"


@pytest.mark.parametrize(("zone", "known"), [("Europe/Paris", True), ("", True), ("Mars", False)])
def test_a_time_zone_is_one_that_exists(
    session: Session, people: Cast, zone: str, known: bool
) -> None:
    if known:
        change_contact(
            session,
            people.ada,
            ContactChanges(time_zone=zone),
            actor=Actor(people.ada, Door.PORTAL),
        )
        assert people.ada.time_zone == zone
        return
    with pytest.raises(Invalid, match="no such time zone"):
        change_contact(
            session,
            people.ada,
            ContactChanges(time_zone=zone),
            actor=Actor(people.ada, Door.PORTAL),
        )


@pytest.mark.parametrize("name", ["", "Two\nlines"])
def test_a_name_is_one_line(session: Session, people: Cast, name: str) -> None:
    with pytest.raises(Invalid):
        change_contact(
            session, people.ada, ContactChanges(name=name), actor=Actor(people.ada, Door.PORTAL)
        )


def test_a_removed_user_has_no_contact_to_change(session: Session, people: Cast) -> None:
    remove_user(session, people.grace, actor=Actor(people.barbara, Door.PORTAL))

    with pytest.raises(Invalid, match="was removed"):
        change_contact(
            session,
            people.grace,
            ContactChanges(phone=""),
            actor=Actor(people.barbara, Door.PORTAL),
        )
