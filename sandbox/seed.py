"""Seed data of `make up`: people with roles and passwords, and two lists.

It runs in the stack's environment.  The demo creates similar data by commands that it prints; this
is faster.
"""

from flask_security import hash_password
from sqlalchemy.orm import Session

from models import Actor, Language, ListKind, MailingList, Preference, User
from portal.app import app
from sandbox.demo import APPROVERS, LINUS, MEMBERS
from sandbox.people import PASSWORD, PEOPLE
from workflows.lists.lists import NewList, assign_approvers, create_approver_list, create_list
from workflows.people.contacts import ContactChanges, change_contact
from workflows.people.credentials import credentials_of
from workflows.people.users import add_user
from workflows.subscriptions.subscribe import subscribe
from workflows.transaction import transaction


def seed(session: Session) -> None:
    """Create the people, two lists, one of them with members, and their approver list."""
    people = {
        one.address: add_user(
            session, one.address, one.name, roles=one.roles, actor=Actor.operator()
        )
        for one in PEOPLE
    }
    set_passwords(session, people)
    grace, linus = people["grace@example.org"], people["linus@example.org"]
    change_contact(session, grace, ContactChanges(language=Language.FRENCH), actor=Actor.operator())
    change_contact(
        session,
        linus,
        ContactChanges(phone=LINUS, preference=Preference.BOTH),
        actor=Actor.operator(),
    )
    announce = create_lists(session, [people[address] for address in APPROVERS])
    for address in MEMBERS:
        subscribe(session, people[address], announce, actor=Actor.operator())


def set_passwords(session: Session, people: dict[str, User]) -> None:
    """Give everyone the password that `make up` prints."""
    with app.app_context():
        password_hash = hash_password(PASSWORD)
    for person in people.values():
        credentials_of(session, person).password_hash = password_hash


def create_lists(session: Session, approvers: list[User]) -> MailingList:
    """Create two lists with these approvers, and return the first."""
    editors = create_approver_list(session, "editors", approvers, actor=Actor.operator())
    announce = create_list(
        session,
        NewList(
            "announce",
            "announce@lists.example.org",
            "Announcements",
            description="A few letters a year.",
        ),
        actor=Actor.operator(),
    )
    circle = create_list(
        session,
        NewList(
            "reading",
            "reading@lists.example.org",
            "Reading circle",
            description="For all who like to talk about books.",
            kind=ListKind.DISCUSSION,
        ),
        actor=Actor.operator(),
    )
    for one in (announce, circle):
        assign_approvers(session, one, editors, actor=Actor.operator())
    return announce


if __name__ == "__main__":
    with transaction() as session:
        seed(session)
