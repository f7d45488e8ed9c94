"""`listgate import-mailing-list`."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import MailingList, Subscription, User
from tests.builders import Cast, listgate

ADDRESS = "announce@lists.example.org"


def members(session: Session, short_name: str) -> set[str]:
    """Who is on the list, by first name."""
    session.expire_all()
    found = (
        select(User.name)
        .join(Subscription, Subscription.user_id == User.id)
        .join(MailingList, MailingList.id == Subscription.list_id)
        .where(MailingList.short_name == short_name)
    )
    return {name.split()[0] for name in session.scalars(found)}


def lists(session: Session) -> list[str]:
    """The short names of all lists."""
    session.expire_all()
    return list(session.scalars(select(MailingList.short_name).order_by("id")))


@pytest.mark.parametrize("command", ["import-mailing-list", "import_mailling_list"])
def test_a_new_list_is_created_with_everybody_in_the_file(
    session: Session, people: Cast, command: str
) -> None:
    said = listgate(
        *(command, "Staff@example.org", "Our staff", "-"),
        stdin=b"ada@example.org\r\nGrace Hopper <GRACE@example.org>\r\n\r\n# gone\r\n",
    ).stdout

    staff = session.scalars(select(MailingList).order_by(MailingList.id.desc())).first()
    assert staff is not None
    assert (staff.short_name, staff.address, staff.name) == (
        *("staff", "Staff@example.org", "Our staff"),
    )
    assert members(session, "staff") == {"Ada", "Grace"}
    assert said.splitlines() == [
        "4 lines: 2 people (0 on the list already), 0 unknown, 0 malformed, 0 repeated, 1 blank, "
        "1 comments.",
        "2 people have joined the list staff.",
        "Its description is still missing.",
    ]
