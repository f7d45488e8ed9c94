"""Create the people whom an import does not know, and the list; and push it once."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Actor,
    Channel,
    Invalid,
    Language,
    MailingList,
    OutboxEntry,
    Sync,
    Trespass,
    User,
)
from models.outbox import drain
from tests.builders import Cast, a_list, role
from tests.workflows.subscriptions.importing import checked, first_names, imported
from tests.workflows.sync.pushing import ListServer
from workflows import access
from workflows.subscriptions import imports
from workflows.subscriptions.imports import Imported, NotEverybodyKnown
from workflows.sync.request import Debounce, request_debounced_push

AT_ONCE = Debounce(quiet=timedelta(0), max_wait=timedelta(0))


def user(session: Session, address: str) -> User:
    """Return the user who has this address now."""
    session.expire_all()
    return access.user_with_address(session, address)


def list_for(session: Session, short_name: str, address: str) -> MailingList:
    """The list of this address, for the operator."""
    return imports.list_for(session, short_name, address, "Everybody", actor=Actor.operator())


def test_unknown_people_are_created_under_their_names(session: Session, people: Cast) -> None:
    content = (
        "ada@example.org\nAlan Turing <Alan@Example.org>\nkurt.gödel@example.org\n"
        '"von Neumann, \\"Johnny\\" \\\\" <john@xn--mller-kva.de>\nalan@example.org\n'
    )

    done = imported(session, content, people.announce, create_users=True)

    assert done == Imported(joined=4, created=3)
    alan, kurt = user(session, "alan@example.org"), user(session, "kurt.gödel@example.org")
    john = user(session, "john@müller.de")
    assert (alan.name, alan.address) == ("Alan Turing", "Alan@example.org")
    assert (kurt.name, kurt.address) == ("kurt.gödel", "kurt.gödel@example.org")
    assert (john.name, john.address) == ('von Neumann, "Johnny" \\', "john@müller.de")
    assert (alan.language, alan.channels, alan.roles) == (
        Language.ENGLISH,
        (Channel.EMAIL,),
        [],
    )
    assert {"Alan", "kurt.gödel", "von", "Ada"} <= first_names(session, people.announce)


def test_creating_people_twice_is_creating_them_once(session: Session, people: Cast) -> None:
    content = "Alan Turing <alan@example.org>"

    assert imported(session, content, people.announce, create_users=True).created == 1
    again = imported(session, content, people.announce, create_users=True)

    assert again == Imported(joined=0, created=0)


def test_a_line_without_an_address_creates_no_user(session: Session, people: Cast) -> None:
    content = "alan@example.org\nnonsense\n"

    with pytest.raises(NotEverybodyKnown, match=r"lines without an address: 1\.$"):
        imported(session, content, people.announce, create_users=True)

    assert people.ada in session
    assert session.scalars(select(User).where(User.address_key.like("alan%"))).all() == []


def test_malformed_lines_may_be_skipped_and_unknown_people_created(
    session: Session, people: Cast
) -> None:
    content = "alan@example.org\nnonsense\n"

    done = imported(session, content, people.announce, create_users=True, skip_unknown=True)

    assert done == Imported(joined=1, created=1)


def test_the_right_to_edit_lists_imports_but_creates_no_users(
    session: Session, people: Cast
) -> None:
    people.ada.roles = [role(session, "administrator")]
    people.ada.roles[0].rights = [402]
    session.flush()

    done = imported(session, "grace@example.org", people.announce, by=people.ada)
    with pytest.raises(Trespass, match=r"lacks the right EDIT_USERS \(2000\)"):
        imported(session, "x@example.org", people.announce, by=people.ada, create_users=True)

    assert done.joined == 1
    assert session.scalars(select(User).where(User.address_key == "x@example.org")).all() == []


def test_a_list_is_found_by_its_address_in_any_spelling(session: Session, people: Cast) -> None:
    assert list_for(session, "other", "ANNOUNCE@Lists.example.org") is people.announce


def test_a_new_list_does_not_take_the_short_name_of_another(session: Session, people: Cast) -> None:
    with pytest.raises(Invalid, match="There is already a mailing list 'announce'"):
        list_for(session, people.announce.short_name, "announce@elsewhere.example.org")


def test_an_import_asks_for_one_push_that_has_everybody(
    session: Session, people: Cast, tmp_path: Path
) -> None:
    talk, server = a_list(session, "talk"), ListServer(tmp_path)
    drain(session)

    imported(session, "x@example.org\ngrace@example.org\n", talk, create_users=True)

    assert drain(session) == [OutboxEntry(MailingList, talk.id, None, debounced=True)]
    for _ in range(2):
        request_debounced_push(session, talk.id, AT_ONCE)
        session.flush()
    (waiting,) = session.scalars(select(Sync).where(Sync.list_id == talk.id)).all()
    server.push(session, waiting)
    assert server.addresses(talk) == ["grace@example.org", "x@example.org"]
    assert people.grace.address in (server.addresses(talk) or [])


def test_an_import_that_changes_nothing_asks_for_no_push(session: Session, people: Cast) -> None:
    drain(session)

    imported(session, "edsger@example.org", people.announce)

    assert drain(session) == []


def test_two_files_in_one_transaction_are_two_imports(session: Session, people: Cast) -> None:
    talk = a_list(session, "talk")

    imported(session, "ada@example.org", talk)
    report = checked(session, "grace@example.org", talk)

    assert (report.known, report.joining) == (1, 1)
    assert imported(session, "grace@example.org", talk).joined == 1
    assert first_names(session, talk) == {"Ada", "Grace"}
    assert people.linus.name.split()[0] not in first_names(session, talk)
