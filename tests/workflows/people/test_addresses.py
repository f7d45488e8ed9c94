"""Change an address: whose, into what, and that every list is pushed."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    AuditEntry,
    Change,
    Door,
    Invalid,
    SubscriptionChange,
    Trespass,
    User,
)
from tests.builders import Cast, a_list, cast
from tests.workflows.locks import wait_until_one_waits
from tests.workflows.sync.pushing import ListServer, asked
from workflows import access
from workflows.people.addresses import change_address
from workflows.people.removal import remove_user
from workflows.subscriptions.subscribe import subscribe

PORTAL = Door.PORTAL


def readdressed(session: Session, user: User) -> list[tuple[int, int | None, Door]]:
    """On which lists a new address was noted, by whom, through which door."""
    rows = select(SubscriptionChange).where(
        SubscriptionChange.user_id == user.id, SubscriptionChange.change == Change.READDRESSED
    )
    found = session.scalars(rows.order_by(SubscriptionChange.list_id))
    return [(row.list_id, row.by_id, row.via) for row in found]


def test_a_new_address_is_noted_on_every_list_and_in_the_audit_trail(
    session: Session, people: Cast
) -> None:
    edsger, announce, zoo = people.edsger, people.announce, a_list(session, "zoo")
    subscribe(session, edsger, zoo, actor=Actor(edsger, PORTAL))

    assert change_address(session, edsger, "ewd@example.org", actor=Actor(edsger, Door.SERVICE))

    entry = session.scalars(select(AuditEntry).where(AuditEntry.act == Act.CHANGED_ADDRESS)).one()
    assert edsger.address == "ewd@example.org"
    assert readdressed(session, edsger) == [
        (announce.id, edsger.id, Door.SERVICE),
        (zoo.id, edsger.id, Door.SERVICE),
    ]
    assert (entry.actor, entry.door) == ("Edsger Dijkstra", Door.SERVICE)
    assert entry.detail == {"user_id": edsger.id, "lists": [announce.id, zoo.id]}


def test_a_user_on_no_list_changes_the_address_too(session: Session, people: Cast) -> None:
    assert change_address(session, people.ada, "al@example.org", actor=Actor(people.ada, PORTAL))

    assert access.find_user(session, "al@example.org") is people.ada
    assert access.find_user(session, "ada@example.org") is None
    assert readdressed(session, people.ada) == []


def test_the_next_push_holds_the_new_address(
    session: Session, people: Cast, tmp_path: Path
) -> None:
    server = ListServer(tmp_path)
    server.push(session, asked(session, people.announce))

    change_address(session, people.edsger, "ewd@example.org", actor=Actor(people.edsger, PORTAL))
    server.push(session, asked(session, people.announce))

    assert server.addresses(people.announce) == ["barbara@example.org", "ewd@example.org"]


def test_the_same_address_again_is_no_change(session: Session, people: Cast) -> None:
    edsger = people.edsger

    assert not change_address(session, edsger, "edsger@EXAMPLE.org", actor=Actor(edsger, PORTAL))

    assert readdressed(session, edsger) == []


def test_another_case_is_the_same_persons_and_still_a_change(
    session: Session, people: Cast
) -> None:
    edsger = people.edsger

    assert change_address(session, edsger, "Edsger@example.org", actor=Actor(edsger, PORTAL))

    assert edsger.address == "Edsger@example.org"
    assert len(readdressed(session, edsger)) == 1


@pytest.mark.parametrize("address", ["Ünal@bücher.example", "o'brien+x@example.org"])
def test_unusual_addresses_are_taken(session: Session, people: Cast, address: str) -> None:
    assert change_address(session, people.edsger, address, actor=Actor(people.edsger, PORTAL))

    assert access.find_user(session, address) is people.edsger


def test_both_spellings_of_a_domain_are_one_address(session: Session, people: Cast) -> None:
    change_address(session, people.ada, "a@bücher.example", actor=Actor(people.ada, PORTAL))

    with pytest.raises(Invalid, match="Another user has this address"):
        change_address(
            session, people.edsger, "A@xn--bcher-kva.example", actor=Actor(people.edsger, PORTAL)
        )


@pytest.mark.parametrize("taken", ["ada@example.org", "ADA@example.org"])
def test_the_address_of_another_user_is_refused_and_not_quoted(
    session: Session, people: Cast, taken: str
) -> None:
    with pytest.raises(Invalid, match="Another user has this address") as refusal:
        change_address(session, people.edsger, taken, actor=Actor(people.edsger, PORTAL))

    assert "@" not in str(refusal.value)
    assert refusal.value.__context__ is None
    assert people.edsger.address == "edsger@example.org"
    assert readdressed(session, people.edsger) == []


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "ewd",
        "ewd@",
        "ewd@example..org",
    ],
)
def test_an_invalid_address_is_refused(session: Session, people: Cast, wrong: str) -> None:
    with pytest.raises(Invalid, match="not an e-mail address") as refusal:
        change_address(session, people.edsger, wrong, actor=Actor(people.edsger, PORTAL))

    assert "ewd" not in str(refusal.value)


def test_changing_another_users_address_needs_the_right_to_edit_users(
    session: Session, people: Cast
) -> None:
    with pytest.raises(Trespass, match="EDIT_USERS"):
        change_address(session, people.edsger, "e@example.org", actor=Actor(people.ada, PORTAL))

    assert change_address(
        session, people.edsger, "e@example.org", actor=Actor(people.barbara, Door.COMMAND_LINE)
    )


def test_a_removed_user_gets_no_new_address(session: Session, people: Cast) -> None:
    remove_user(session, people.edsger, actor=Actor.operator())

    with pytest.raises(Invalid, match="Edsger Dijkstra was removed"):
        change_address(session, people.edsger, "e@example.org", actor=Actor.operator())


def test_the_second_of_two_users_who_want_one_address_is_refused(own_database: Engine) -> None:
    with Session(own_database, expire_on_commit=False) as session, session.begin():
        people = cast(session)

    def move(session: Session, who: User) -> bool:
        who = session.merge(who)
        return change_address(session, who, "one@example.org", actor=Actor(who, PORTAL))

    with (
        ThreadPoolExecutor(1) as colleague,
        Session(own_database) as first,
        Session(own_database) as second,
    ):
        assert move(first, people.ada)
        answer = colleague.submit(move, second, people.edsger)
        wait_until_one_waits(own_database)
        first.commit()

        with pytest.raises(Invalid, match="Another user has this address"):
            answer.result(timeout=10)
