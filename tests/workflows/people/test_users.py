"""Add, find, disable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Act, Actor, AuditEntry, Door, Invalid, Trespass, Unknown, User
from models.names import person_name
from tests.builders import Cast
from workflows import access
from workflows.people import users

OPERATOR = Door.COMMAND_LINE
PORTAL = Door.PORTAL

NO_ADDRESSES = [
    "",
    "ada",
    "ada@",
    "@example.org",
    "ada@localhost",
    "ada@example..org",
    "ada@@example.org",
    "ada lovelace@example.org",
    "Ada <ada@example.org>",
    "ada@example.org, eve@example.org",
    "ada@example.org\r\nBcc: eve@example.org",
    "ada\n@example.org",
    "ada@example.org\n",
    "ada\0@example.org",
    "ada@example.org\u2028",
    "\u202eada@example.org",
]

NO_NAMES = [
    "",
    "   ",
    "Eve\r\nBcc: everybody@example.org",
    "Eve\nLovelace",
    "Eve\rLovelace",
    "Eve\0",
    "Eve\x1b[2J",
    "Eve\x85Lovelace",
    "Eve\u2028Lovelace",
    "\u202eecarG",
    "Eve\ud800",
]


def add(session: Session, address: str = "eve@example.org", name: str = "Eve") -> User:
    return users.add_user(session, address, name, actor=Actor.operator())


def last_entry(session: Session) -> AuditEntry:
    """Return the newest entry of the audit trail."""
    return session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()


def test_a_new_person_is_in_the_audit_trail_with_their_roles(
    session: Session, people: Cast
) -> None:
    eve = users.add_user(
        session,
        "eve@example.org",
        "  Eve Sender ",
        roles=["author", "sender"],
        actor=Actor(people.barbara, PORTAL),
    )

    entry = last_entry(session)
    assert eve.name == "Eve Sender"
    assert [role.name for role in eve.roles] == ["author", "sender"]
    assert (entry.act, entry.actor, entry.door) == (Act.ADDED_USER, "Barbara Liskov", PORTAL)
    assert entry.detail == {"user_id": eve.id, "roles": ["author", "sender"]}


def test_roles_that_can_be_read_only_once_are_recorded_too(session: Session) -> None:
    eve = users.add_user(
        session, "eve@example.org", "Eve", roles=iter(["author"]), actor=Actor.operator()
    )

    assert last_entry(session).detail == {"user_id": eve.id, "roles": ["author"]}


def test_an_invalid_address_is_refused(session: Session, subtests: pytest.Subtests) -> None:
    for address in NO_ADDRESSES:
        with subtests.test(address=address), pytest.raises(Invalid, match="not an e-mail address"):
            add(session, address)

    assert session.scalars(select(User)).all() == []


def test_a_name_is_one_line_without_controls(session: Session, subtests: pytest.Subtests) -> None:
    for name in NO_NAMES:
        with subtests.test(name=name), pytest.raises(Invalid, match="must be one line of text"):
            add(session, name=name)

    assert session.scalars(select(User)).all() == []


@given(text=st.text())
def test_a_line_is_refused_or_cannot_end_a_header(text: str) -> None:
    try:
        line = person_name(text)
    except Invalid:
        return

    assert line == line.strip()
    assert len(line.splitlines()) == 1
    assert line.encode()


def test_an_address_belongs_to_one_person_in_any_case(session: Session, people: Cast) -> None:
    for again in ("ada@example.org", "ADA@EXAMPLE.ORG", "Ada@Example.Org", "ada@Example.org"):
        with pytest.raises(Invalid, match="already a user"):
            add(session, again)

    assert people.ada.address == "ada@example.org"


def test_an_international_address_belongs_to_one_person_too(session: Session) -> None:
    add(session, "Ünal@example.org")

    for again in ("Ünal@example.org", "Ünal@EXAMPLE.ORG"):
        with pytest.raises(Invalid, match="already a user"):
            add(session, again)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("groß@example.org", "gross@example.org"),
        ("ada@straße.example", "ada@strasse.example"),
    ],
)
def test_addresses_that_differ_by_more_than_case_are_two_peoples(
    session: Session, one: str, other: str
) -> None:
    first, second = add(session, one), add(session, other)

    assert access.find_user(session, one) is first
    assert access.find_user(session, other) is second


def test_a_person_is_found_however_the_address_is_typed(session: Session, people: Cast) -> None:
    for typed in (" Edsger@Example.ORG\n", "edsger@example.org"):
        assert access.user_with_address(session, typed) is people.edsger
        assert access.actor_with_address(session, typed, OPERATOR).user is people.edsger


def test_an_international_address_is_found_in_both_its_spellings(session: Session) -> None:
    unal = add(session, "Ünal@bücher.example", "Ünal")

    for typed in ("Ünal@bücher.example", "Ünal@xn--bcher-kva.example"):
        assert access.find_user(session, typed) is unal


def test_no_user_is_found_for_another_address(session: Session, people: Cast) -> None:
    for typed in ("nobody@example.org", "", "%", "nobody\0@example.org"):
        assert access.find_user(session, typed) is None
        with pytest.raises(Unknown) as refusal:
            access.user_with_address(session, typed)
        assert people.ada.address not in str(refusal.value)
        assert "@" not in str(refusal.value)


def test_a_disabled_user_cannot_act_but_is_still_found(session: Session, people: Cast) -> None:
    users.disable(session, people.grace, actor=Actor(people.barbara, PORTAL))

    assert access.user_with_address(session, "grace@example.org") is people.grace
    with pytest.raises(Trespass, match="Grace Hopper is disabled") as by_address:
        access.actor_with_address(session, "grace@example.org", Door.SMS)
    with pytest.raises(Trespass, match="Grace Hopper is disabled") as by_id:
        access.actor_by_id(session, people.grace.id, Door.SERVICE)
    assert (by_address.value.by_id, by_address.value.via) == (people.grace.id, Door.SMS)
    assert (by_id.value.by_id, by_id.value.via) == (people.grace.id, Door.SERVICE)


def test_disabling_is_undone_and_each_change_is_recorded_once(
    session: Session, people: Cast
) -> None:
    for _ in range(2):
        users.disable(session, people.grace, actor=Actor(people.barbara, PORTAL))
    for _ in range(2):
        users.enable(session, people.grace, actor=Actor(people.barbara, PORTAL))

    acts = session.scalars(
        select(AuditEntry.act).where(AuditEntry.actor_id == people.barbara.id).order_by("id")
    ).all()
    assert people.grace.disabled_at is None
    assert acts[-2:] == [Act.DISABLED_USER, Act.ENABLED_USER]


def test_an_unknown_user_id_cannot_act(session: Session) -> None:
    with pytest.raises(Unknown, match="no user 12345"):
        access.actor_by_id(session, 12345, Door.SERVICE)


def test_a_disabled_administrator_may_nothing_more(session: Session, people: Cast) -> None:
    users.disable(session, people.barbara, actor=Actor.operator())

    with pytest.raises(Trespass, match="Barbara Liskov lacks the right"):
        users.enable(session, people.barbara, actor=Actor(people.barbara, PORTAL))
