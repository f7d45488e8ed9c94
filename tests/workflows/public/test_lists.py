"""Another service creates, changes, archives and reads lists, and names them by its own keys."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from models import Invalid, ListKind, MailingList, Sync, SyncState, Trespass, Unknown, WhoMayAsk
from settings import settings
from tests.builders import Cast, a_request
from tests.workflows.public.calling import perform
from tests.workflows.services.callers import a_caller
from workflows.lists.archive import StillInUse

BOARD: dict[str, Any] = {
    "short_name": "board",
    "address": "board@lists.example.org",
    "name": "Board",
    "description": "For the board.",
    "kind": "discussion",
    "external_id": "L-1",
}


def test_a_service_creates_a_list_and_changes_it_by_its_own_key(
    session: Session, people: Cast
) -> None:
    del people
    crm = a_caller(session, "crm")

    created = perform(session, crm, "create_list", **BOARD)
    answers = [
        perform(session, crm, "update_list", list="external:L-1", **given)["changed"]
        for given in (
            {"name": "The board", "four_eyes": False, "rate": "500/30", "window": "08:00-20:00"},
            {"name": "The board", "four_eyes": False, "rate": "500/30", "external_id": "L-1"},
            {"rate": "none", "evenly": "3h", "external_id": "L-2"},
        )
    ]

    assert created == {"list": "board", "changed": True}
    assert answers == [True, False, True]
    board = session.query(MailingList).filter_by(short_name="board").one()
    assert (board.name, board.four_eyes, board.kind) == ("The board", False, ListKind.DISCUSSION)
    assert (board.who_may_ask, board.max_open_requests) == (
        WhoMayAsk.MEMBERS,
        settings.max_open_requests,
    )
    rules = board.sendout_rules
    assert (rules.rate, str(rules.span)) == (None, "180")
    assert rules.windows is not None
    with pytest.raises(Unknown):
        perform(session, crm, "list_status", list="external:L-1")


def test_a_name_an_address_or_a_key_that_is_taken_is_refused(
    session: Session, people: Cast
) -> None:
    del people
    crm = a_caller(session, "crm")
    perform(session, crm, "create_list", **BOARD)
    other = {"short_name": "other", "address": "other@lists.example.org", "external_id": "L-9"}

    for taken in other:
        with pytest.raises(Invalid, match=r"already|has given this key to another list"):
            perform(session, crm, "create_list", **BOARD | other | {taken: BOARD[taken]})

    assert session.query(MailingList).count() == 2


def test_approvers_are_assigned_and_taken_away(session: Session, people: Cast) -> None:
    crm = a_caller(session, "crm")

    def assign(name: str | None, *, escalation: bool = False) -> bool:
        given = {"list": "announce", "approver_list": name, "escalation": escalation}
        changed: bool = perform(session, crm, "assign_approvers", **given)["changed"]
        return changed

    assert [assign("editors"), assign("editors", escalation=True), assign(None)] == [
        False,
        True,
        True,
    ]
    assert (people.announce.approver_list, people.announce.escalation_list) == (
        None,
        people.approvers,
    )
    with pytest.raises(Unknown, match="no approver list 'nobodies'"):
        assign("nobodies")


def test_a_list_with_open_requests_is_not_archived(session: Session, people: Cast) -> None:
    crm = a_caller(session, "crm")
    empty = perform(session, crm, "create_list", **BOARD)["list"]
    a_request(session, people)

    answers = [
        perform(session, crm, task, list=empty)["changed"]
        for task in ("archive_list", "archive_list", "unarchive_list", "unarchive_list")
    ]

    assert answers == [True, False, True, False]
    with pytest.raises(StillInUse):
        perform(session, crm, "archive_list", list="announce")


def test_the_status_of_a_list_counts_members_requests_and_pushes(
    session: Session, people: Cast
) -> None:
    crm = a_caller(session, "crm")
    a_request(session, people)
    before = perform(session, crm, "list_status", list="announce")
    sync = Sync(mailing_list=people.announce)
    session.add(sync)
    session.flush()
    sync.move(SyncState.RUNNING)
    sync.move(SyncState.HELD)

    after = perform(session, crm, "list_status", list="announce")

    assert before == {
        "list": "announce",
        "kind": "announcement",
        "archived": False,
        "members": 2,
        "approver_list": "editors",
        "open_requests": 1,
        "asking_to_join": 0,
        "held": False,
        "unpushed": 2,
    }
    assert after == {**before, "sync": "held", "held": True}


def test_a_person_needs_the_right_where_one_acts(session: Session, people: Cast) -> None:
    crm = a_caller(session, "crm")
    calls: dict[str, dict[str, Any]] = {
        "create_list": BOARD,
        "update_list": {"list": "announce", "name": "News"},
        "archive_list": {"list": "announce"},
        "unarchive_list": {"list": "announce"},
        "assign_approvers": {"list": "announce", "approver_list": None},
    }

    for task, given in calls.items():
        with pytest.raises(Trespass, match="EDIT_LISTS"):
            perform(session, crm, task, by_id=people.edsger.id, **given)
