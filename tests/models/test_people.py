"""Users, their rights, and the constraints on their rows."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import Right, Role, User
from models.clock import now
from tests.builders import Cast, person, role


def test_the_rights_have_the_numbers_of_the_source_system_or_from_9000_on() -> None:
    assert {right.name: right.value for right in Right} == {
        "EDIT_LISTS": 402,
        "VIEW_LISTS": 404,
        "SEND_MESSAGES": 601,
        "VIEW_OUTBOX": 605,
        "SCHEDULE_SENDOUT": 618,
        "EDIT_USERS": 2000,
        "VIEW_USERS": 2001,
        "USE_APPROVER_LISTS": 2309,
        "CREATE_APPROVER_LISTS": 2310,
        "EDIT_APPROVER_LISTS": 2311,
        "DELETE_APPROVER_LISTS": 2312,
        "WRITE_MESSAGES": 9601,
    }


def test_a_person_without_roles_has_no_right(people: Cast) -> None:
    assert [right for right in Right if people.edsger.may(right)] == []


def test_a_person_has_the_rights_of_all_their_roles(session: Session) -> None:
    sender = person(session, "Barbara Liskov", "author", "sender")

    assert sender.may(Right.SEND_MESSAGES)
    assert sender.may(Right.SCHEDULE_SENDOUT)
    assert not sender.may(Right.EDIT_USERS)


def test_a_disabled_person_has_no_right(session: Session) -> None:
    administrator = person(session, "Barbara Liskov", "administrator")

    administrator.disabled_at = now()

    assert [right for right in Right if administrator.may(right)] == []


def test_a_role_that_loses_a_right_takes_it_from_its_users(session: Session) -> None:
    sender = person(session, "Barbara Liskov", "sender")

    role(session, "sender").rights = [404]

    assert not sender.may(Right.SEND_MESSAGES)


def test_str_is_the_name_and_never_the_address(people: Cast) -> None:
    assert str(people.ada) == "Ada Lovelace"
    assert "@" not in f"{people.ada} {people.ada!r}"


@pytest.mark.parametrize("address", ["ada@example.org", "ADA@Example.ORG"])
def test_addresses_are_unique_in_any_case(session: Session, people: Cast, address: str) -> None:
    session.add(User(address=address, name=f"Not {people.ada}"))

    with pytest.raises(IntegrityError, match="user_address_key"):
        session.flush()


@pytest.mark.parametrize("rights", ["{12345}", "{601,600}", "{-1}"])
def test_the_database_refuses_unknown_rights(session: Session, rights: str) -> None:
    with pytest.raises(IntegrityError, match="role_known_check"):
        session.execute(text("insert into role (name, rights) values ('odd', :r)"), {"r": rights})


def test_the_database_allows_every_right_and_none(session: Session) -> None:
    session.add_all([Role(name="everything", rights=list(Right)), Role(name="nothing", rights=[])])

    session.flush()


def test_approvers_are_on_the_list_enabled_and_not_the_author(people: Cast) -> None:
    people.approvers.members = [people.ada, people.grace, people.linus]
    people.linus.disabled_at = now()

    assert people.announce.approvers_for(people.ada) == [people.grace]
    assert people.announce.approvers_for(people.edsger) == [people.ada, people.grace]


def test_without_four_eyes_the_author_may_answer_too(people: Cast) -> None:
    people.approvers.members = [people.ada, people.grace]
    people.announce.four_eyes = False

    assert people.announce.approvers_for(people.ada) == [people.ada, people.grace]


def test_a_list_without_approver_list_has_no_approvers(people: Cast) -> None:
    people.announce.approver_list = None

    assert people.announce.approvers_for(people.ada) == []
