"""`listgate user` and `listgate role`."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import (
    Absence,
    AuditEntry,
    Door,
    Invalid,
    LetterName,
    Notification,
    Right,
    Role,
    Subscription,
    Unknown,
    User,
)
from models.clock import now
from tests.builders import Cast, listgate
from workflows.people.credentials import credentials_of
from workflows.people.roles import RoleInUse

ADA, EDSGER = "ada@example.org", "edsger@example.org"


def user(session: Session, address: str) -> User:
    """The person with exactly this address, as they are now."""
    session.expire_all()
    return session.scalars(select(User).where(User.address == address)).one()


def acts(session: Session) -> list[tuple[str, str, Door]]:
    """Return every act in the audit trail."""
    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id))
    return [(entry.act, entry.actor, entry.door) for entry in entries]


@pytest.mark.usefixtures("session")
def test_a_portal_without_users_says_how_to_add_one() -> None:
    assert "listgate user add ADDRESS NAME" in listgate("user", "list").stdout


def test_an_added_person_has_the_roles_that_were_named(session: Session) -> None:
    said = listgate(
        "user",
        "add",
        "margaret@example.org",
        "Margaret Hamilton",
        "--role",
        "author",
        "--role",
        "sender",
    ).stdout

    margaret = user(session, "margaret@example.org")
    assert said == f"User {margaret.id}: Margaret Hamilton\n"
    assert {role.name for role in margaret.roles} == {"author", "sender"}
    assert acts(session) == [("added_user", "operator", Door.COMMAND_LINE)]


def test_the_first_administrator_comes_from_the_command_line(session: Session) -> None:
    listgate("user", "add", "margaret@example.org", "Margaret Hamilton", "--admin")

    assert user(session, "margaret@example.org").may(Right.EDIT_USERS)


@pytest.mark.parametrize("address", ["Zoë@bücher.example", "o'brien@example.org", "x+y@z.test"])
def test_unusual_addresses_are_addresses(session: Session, address: str) -> None:
    listgate("user", "add", address, "Somebody Unusual")

    assert user(session, address).name == "Somebody Unusual"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ada",
        "ada@",
        "@example.org",
        "ada@example..org",
        "ada@example.org\nBcc: eve@example.com",
        "ada@example.org>,<eve@example.com",
        "ada example@example.org",
    ],
)
def test_an_invalid_address_is_refused(session: Session, address: str) -> None:
    with pytest.raises(Invalid, match="This is not an e-mail address"):
        listgate("user", "add", address, "Ada")

    assert session.scalar(select(func.count(User.id))) == 0


@pytest.mark.parametrize(
    "name", ["", "  ", "Ada\nLovelace", "Ada\r\nBcc: eve@example.com", "A\x1b"]
)
def test_a_name_is_one_line_of_text(session: Session, name: str) -> None:
    with pytest.raises(Invalid, match="must be one line of text"):
        listgate("user", "add", ADA, name)

    assert session.scalar(select(func.count(User.id))) == 0


@pytest.mark.parametrize("address", [ADA, "ADA@example.org", "ada@EXAMPLE.org"])
@pytest.mark.usefixtures("people")
def test_two_people_cannot_have_one_address(address: str) -> None:
    with pytest.raises(Invalid, match="already a user with this address"):
        listgate("user", "add", address, "Ada the Second")


@pytest.mark.usefixtures("people")
def test_a_person_is_not_added_with_a_role_that_is_not_there(session: Session) -> None:
    with pytest.raises(Unknown, match="There is no role 'autor'"):
        listgate("user", "add", "margaret@example.org", "Margaret", "--role", "autor")

    found = select(func.count(User.id)).where(User.address == "margaret@example.org")
    assert session.scalar(found) == 0


@pytest.mark.usefixtures("people")
def test_everybody_is_listed_with_roles_and_whether_they_are_disabled() -> None:
    listgate("user", "disable", EDSGER)

    rows = [row.split() for row in listgate("user", "list").stdout.splitlines()]

    assert [row[2] for row in rows[1:]] == ["Ada", "Barbara", "Edsger", "Grace", "Linus"]
    assert rows[1][1:] == [ADA, "Ada", "Lovelace", "author"]
    assert rows[3][1:] == [EDSGER, "Edsger", "Dijkstra", "disabled"]


@pytest.mark.usefixtures("people")
def test_a_granted_role_counts_from_now_on_and_twice_is_once(session: Session) -> None:
    assert not user(session, EDSGER).may(Right.SEND_MESSAGES)

    said = [listgate("user", "grant", EDSGER, "sender").stdout for _ in range(2)]

    assert user(session, EDSGER).may(Right.SEND_MESSAGES)
    assert said == ["Edsger Dijkstra is now sender.\n"] * 2
    assert [act for act, _, _ in acts(session)].count("granted_role") == 1


@pytest.mark.usefixtures("people")
def test_a_disabled_person_may_nothing_until_enabled(session: Session) -> None:
    barbara = "barbara@example.org"

    assert listgate("user", "disable", barbara).stdout == "Barbara Liskov is disabled.\n"
    assert not any(user(session, barbara).may(right) for right in Right)

    assert listgate("user", "enable", barbara).stdout == "Barbara Liskov is enabled.\n"
    assert all(user(session, barbara).may(right) for right in Right)


def test_codes_are_turned_off_for_a_user_who_cannot_log_in(session: Session, people: Cast) -> None:
    credentials = credentials_of(session, people.barbara)
    credentials.totp_secret, credentials.totp_counter = "encrypted with another SECRET_KEY", 1
    session.flush()

    said = listgate("user", "codes-off", "barbara@example.org").stdout

    assert said == "Barbara Liskov logs in without a code.\n"
    session.expire_all()
    assert credentials.totp_secret is None


@pytest.mark.usefixtures("people")
def test_disabling_twice_is_on_record_once(session: Session) -> None:
    for _ in range(2):
        listgate("user", "disable", EDSGER)

    assert [act for act, _, _ in acts(session)].count("disabled_user") == 1


@pytest.mark.parametrize("command", ["disable", "enable", "grant"])
@pytest.mark.usefixtures("people")
def test_an_unknown_user_cannot_be_changed(command: str) -> None:
    role = ["author"] if command == "grant" else []

    with pytest.raises(Unknown, match="no user with this address"):
        listgate("user", command, "eddy@example.org", *role)


@pytest.mark.usefixtures("people")
def test_a_role_that_is_not_there_cannot_be_granted(session: Session) -> None:
    with pytest.raises(Unknown, match="There is no role 'root'"):
        listgate("user", "grant", EDSGER, "root")

    assert user(session, EDSGER).roles == []


def test_a_role_has_exactly_the_rights_it_was_last_given(session: Session) -> None:
    for numbers in (["601", "605"], ["605", "404", "605"]):
        said = listgate("role", "define", "clerk", *(f"--right={n}" for n in numbers)).stdout

    clerk = session.scalars(select(Role).where(Role.name == "clerk")).one()
    assert said == "The role clerk has 2 rights.\n"
    assert clerk.rights == [404, 605]


@pytest.mark.usefixtures("session")
def test_every_role_is_listed_with_names_and_numbers_of_its_rights() -> None:
    listgate("role", "define", "clerk", "--right", "601")

    said = listgate("role", "list").stdout

    assert [row.split()[0] for row in said.splitlines() if not row.startswith(" ")] == [
        "role",
        "administrator",
        "author",
        "clerk",
        "owner",
        "sender",
    ]
    assert all(f"{right.name} ({right})" in said for right in Right)


@pytest.mark.parametrize("number", ["0", "-601", "603", "99999999999999999999"])
def test_a_right_that_is_not_there_cannot_be_given(session: Session, number: str) -> None:
    with pytest.raises(Invalid, match=f"There is no right with the number {number}"):
        listgate("role", "define", "clerk", f"--right={number}")

    assert session.scalar(select(func.count(Role.id)).where(Role.name == "clerk")) == 0


@pytest.mark.parametrize("right", [[], ["--right", "SEND_MESSAGES"]])
@pytest.mark.usefixtures("session")
def test_rights_are_given_by_number(right: list[str]) -> None:
    done = listgate("role", "define", "clerk", *right)

    assert done.exit_code == 2
    assert "--right" in done.stderr


@pytest.mark.usefixtures("people")
def test_a_revoked_role_counts_no_more(session: Session) -> None:
    listgate("user", "grant", ADA, "sender")

    said = [listgate("user", "revoke", ADA, role).stdout for role in ("author", "sender")]

    assert said == ["Ada Lovelace is now sender.\n", "Ada Lovelace is now without a role.\n"]
    assert user(session, ADA).roles == []


@pytest.mark.usefixtures("people")
def test_an_invitation_is_mailed_again(session: Session) -> None:
    said = [listgate("user", "invite", EDSGER).stdout for _ in range(2)]

    assert said == ["Edsger Dijkstra will get an invitation.\n"] * 2
    letters = session.scalars(select(Notification.letter)).all()
    assert letters == [LetterName.INVITATION] * 2


def test_a_person_is_shown_with_contact_roles_and_lists(session: Session, people: Cast) -> None:
    listgate("user", "contact", EDSGER, "--name", "E. W. Dijkstra", "--time-zone", "Europe/Paris")
    listgate("approvers", "add", "editors", EDSGER)
    suspend(session, people)

    facts = {
        " ".join(row[:16].split()): row[16:].strip()
        for row in listgate("user", "show", EDSGER).stdout.splitlines()
        if row.strip()
    }

    assert facts == {
        "id": str(people.edsger.id),
        "name": "E. W. Dijkstra",
        "address": EDSGER,
        "telephone": "none",
        "notified by": "email",
        "language": "en",
        "time zone": "Europe/Paris",
        "roles": "none",
        "lists": "announce (suspended)",
        "approver lists": "editors",
        "absences": "none",
        "disabled": "no",
    }


def suspend(session: Session, people: Cast) -> None:
    """Suspend Edsger's subscription."""
    subscription = session.get_one(Subscription, (people.announce.id, people.edsger.id))
    subscription.suspended_at = now()
    session.flush()


@pytest.mark.usefixtures("people")
def test_a_role_is_renamed_and_deleted_once_nobody_has_it(session: Session) -> None:
    said = listgate("role", "rename", "author", "writer").stdout

    assert said == "The role author is now called writer.\n"
    assert [role.name for role in user(session, ADA).roles] == ["writer"]
    with pytest.raises(RoleInUse, match="Someone has the role writer"):
        listgate("role", "delete", "writer")

    listgate("user", "revoke", ADA, "writer")

    assert listgate("role", "delete", "writer").stdout == "The role writer has been deleted.\n"
    assert session.scalar(select(func.count(Role.id)).where(Role.name == "writer")) == 0


def test_an_absence_is_entered_shown_changed_and_ended(session: Session, people: Cast) -> None:
    today = now().date()
    last, later = (f"{today + timedelta(days=days)}" for days in (3, 4))
    grace = "grace@example.org"

    said = listgate("user", "away", grace, last, "--deputy", EDSGER).stdout

    absence = session.scalars(select(Absence)).one()
    days = f"away from {absence.first_day} to {last} (deputy: Edsger Dijkstra)"
    assert said == f"Absence {absence.id}: Grace Hopper is {days}.\n"
    assert days in listgate("approvers", "show", "editors").stdout
    changed = ("--change", str(absence.id), "--first", later)
    moved = f"away from {later} to {later} (no deputy)"
    assert moved in listgate("user", "away", grace, later, *changed).stdout
    assert listgate("user", "back", grace).stdout == f"Grace Hopper is no longer {moved}.\n"
    with pytest.raises(Invalid, match="no absence to end"):
        listgate("user", "back", grace)
    assert people.grace.name in listgate("approvers", "show", "editors").stdout
