"""Names and addresses beyond their limits are refused at every door, and nothing is changed."""

from collections.abc import Callable

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Actor, ApproverList, Invalid, MailingList, Role, User
from tests.builders import Cast, a_list, listgate
from tests.portal.visitors import Visitor
from workflows.people.addresses import change_address

LONG = "x" * 100_000
BAD_ADDRESSES = ("a" * 65 + "@example.org", "#ada@example.org", LONG + "@example.org")


def rows(session: Session) -> list[object]:
    """What the cast and its lists are called."""
    session.expire_all()
    names = [
        select(each.name).order_by(each.id) for each in (User, Role, MailingList, ApproverList)
    ]
    return [session.scalars(one).all() for one in [*names, select(User.address).order_by(User.id)]]


def test_pages_refuse_them(
    session: Session, people: Cast, as_person: Callable[[User], Visitor]
) -> None:
    barbara, before = as_person(people.barbara), rows(session)
    announce = f"/mailing-lists/{people.announce.id}/details"
    quiet = {"short_name": "quiet", "address": "quiet@lists.example.org", "name": "Quiet"}
    ada = f"/users/{people.ada.id}"
    forms: list[tuple[str, dict[str, str]]] = [
        ("/users/new", {"address": "new@example.org", "name": "x" * 201}),
        (f"{ada}/contact", {"name": "x" * 201}),
        ("/account/details", {"name": "x" * 201}),
        ("/roles/new", {"name": "x" * 201, "right": "404"}),
        ("/approver-lists/new", {"name": "x" * 201}),
        ("/mailing-lists/new", {**quiet, "name": "x" * 201}),
        (announce, {"name": "x" * 201, "address": people.announce.address}),
    ]
    long, comment, _ = BAD_ADDRESSES
    forms += [
        ("/users/new", {"address": long, "name": "New"}),
        (f"{ada}/address", {"address": comment}),
        ("/account/address", {"address": long}),
        ("/mailing-lists/new", {**quiet, "address": comment}),
        (announce, {"name": "News", "address": long}),
    ]

    answers = [barbara.send(path, **fields).status_code for path, fields in forms]

    assert answers == [400] * len(forms)
    assert rows(session) == before


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("address", BAD_ADDRESSES, ids=len)
def test_the_command_line_refuses_addresses(session: Session, address: str) -> None:
    before = rows(session)

    for command in (
        ("user", "add", address, "New"),
        ("user", "address", "ada@example.org", address),
        ("list", "create", "quiet", address, "Quiet"),
    ):
        with pytest.raises(Invalid, match=r"too long|comment"):
            listgate(*command)

    assert rows(session) == before


@pytest.mark.usefixtures("people")
def test_the_command_line_refuses_names(session: Session) -> None:
    before = rows(session)

    for command in (
        ("user", "add", "new@example.org", LONG),
        ("role", "define", LONG, "--right", "404"),
        ("approvers", "create", LONG, "ada@example.org"),
        ("list-set", "create", LONG, "announce"),
        ("list", "create", "quiet", "quiet@lists.example.org", LONG),
    ):
        with pytest.raises(Invalid, match="at most 200 characters"):
            listgate(*command)

    assert rows(session) == before


@pytest.mark.parametrize("address", BAD_ADDRESSES, ids=len)
def test_a_task_refuses_addresses(session: Session, people: Cast, address: str) -> None:
    with pytest.raises(Invalid, match=r"too long|comment"):
        change_address(session, people.ada, address, actor=Actor.operator())


@pytest.mark.usefixtures("people")
def test_an_import_refuses_them_line_by_line(session: Session) -> None:
    a_list(session, "staff")
    session.commit()
    before = session.scalar(select(func.count(User.id)))
    lines = [f"Name <{address}>" for address in BAD_ADDRESSES]
    lines += [f"{'x' * 201} <new@example.org>", LONG]

    done = listgate(
        "import-mailing-list",
        *("staff@lists.example.org", "Staff", "-", "--create-users", "--skip-unknown"),
        stdin="\n".join([*lines, "ada@example.org"]).encode(),
    )

    assert "1 person (0 already on the list), 0 unknown, 5 malformed" in done.stdout
    assert session.scalar(select(func.count(User.id))) == before
