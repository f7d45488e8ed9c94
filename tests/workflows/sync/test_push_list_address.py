"""A list's own address is an argument of the command: when it changes, the list is pushed."""

from pathlib import Path
from tempfile import TemporaryFile

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Actor, Change, Door, MailingList, SubscriptionChange
from models.clock import now
from tests.builders import Cast, a_list
from tests.workflows.sync.pushing import RULES, ListServer, asked, settled
from workflows.lists import lists
from workflows.sync.command import Outcome
from workflows.sync.push import claim_push, finish_push

NEW = "news@lists.example.org"


@pytest.fixture
def server(tmp_path: Path) -> ListServer:
    """Return a list server that stores the address it was given."""
    server = ListServer(tmp_path)
    server.command = f"sh -c 'cat >/dev/null; echo {{email}} >>{tmp_path}/{{short_name}}'"
    return server


def move(session: Session, mailing_list: MailingList, address: str = NEW) -> None:
    """An administrator gives the list another address."""
    lists.edit_list(
        session, mailing_list, lists.ListChanges(address=address), actor=Actor.operator()
    )


def test_a_changed_address_is_pushed_once(
    session: Session, people: Cast, server: ListServer
) -> None:
    announce = people.announce
    server.push(session, asked(session, announce))

    move(session, announce)
    move(session, announce, "bulletin@lists.example.org")
    waiting = settled(session, announce)
    assert waiting is not None
    server.push(session, waiting)

    assert server.addresses(announce) == [
        "announce@lists.example.org",
        "bulletin@lists.example.org",
    ]
    assert settled(session, announce) is None


def test_the_journal_says_that_it_was_the_list(
    session: Session, people: Cast, server: ListServer
) -> None:
    server.push(session, asked(session, people.announce))

    lists.edit_list(
        session,
        people.announce,
        lists.ListChanges(address=NEW),
        actor=Actor(people.barbara, Door.PORTAL),
    )

    newest = select(SubscriptionChange).order_by(SubscriptionChange.id.desc()).limit(1)
    entry = session.scalars(newest).one()
    assert (entry.change, entry.user_id) == (Change.LIST_READDRESSED, None)
    assert (entry.by_id, entry.via) == (people.barbara.id, Door.PORTAL)


def test_an_empty_list_that_was_pushed_is_pushed_again(
    session: Session, server: ListServer, people: Cast
) -> None:
    assert people
    empty = a_list(session, "empty")
    server.push(session, asked(session, empty))

    move(session, empty)

    assert settled(session, empty) is not None


def test_a_new_address_does_not_push_a_list_that_was_never_pushed(
    session: Session, people: Cast
) -> None:
    assert people
    empty = a_list(session, "empty")

    move(session, empty)

    assert settled(session, empty) is None


def test_another_name_is_no_reason_to_push(
    session: Session, people: Cast, server: ListServer
) -> None:
    announce = people.announce
    server.push(session, asked(session, announce))

    lists.edit_list(
        session,
        announce,
        lists.ListChanges(name="News", address=announce.address),
        actor=Actor.operator(),
    )

    assert settled(session, announce) is None


def test_an_address_that_changes_while_a_push_runs_is_pushed_afterwards(
    session: Session, people: Cast, server: ListServer
) -> None:
    announce = people.announce
    done = Outcome(None, 0, "", now(), now())

    with TemporaryFile(buffering=0) as addresses:
        claimed = claim_push(session, asked(session, announce).id, addresses, RULES)
        assert claimed is not None
        move(session, announce)
        finish_push(session, claimed, done, RULES)

    waiting = settled(session, announce)
    assert waiting is not None
    server.push(session, waiting)
    assert server.addresses(announce) == [NEW]
