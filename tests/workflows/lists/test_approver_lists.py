"""Approver lists: members, lists that use them, deletion."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Act, Actor, ApproverList, AuditEntry, Door, Invalid, Unknown
from models.lists import approver
from tests.builders import Cast, a_list
from workflows.lists import approver_lists, lists
from workflows.lists.archive import StillInUse
from workflows.people.users import disable

PORTAL = Door.PORTAL


def last_entry(session: Session) -> AuditEntry:
    return session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()


def test_adding_twice_is_adding_once(session: Session, people: Cast) -> None:
    by = people.barbara
    assert approver_lists.add_approver(
        session, people.approvers, people.ada, actor=Actor(by, PORTAL)
    )
    entry = last_entry(session)
    assert not approver_lists.add_approver(
        session, people.approvers, people.ada, actor=Actor(by, PORTAL)
    )

    assert people.ada in people.approvers.members
    assert last_entry(session) is entry
    assert entry.act == Act.EDITED_APPROVER_LIST
    assert people.ada.id in entry.detail["members"]


def test_a_removed_approver_can_no_longer_answer(session: Session, people: Cast) -> None:
    by = people.barbara
    assert approver_lists.remove_approver(
        session, people.approvers, people.grace, actor=Actor(by, PORTAL)
    )
    assert not approver_lists.remove_approver(
        session, people.approvers, people.grace, actor=Actor(by, PORTAL)
    )

    assert people.announce.approvers_for(people.ada) == [people.linus]


def test_a_disabled_user_is_not_added(session: Session, people: Cast) -> None:
    disable(session, people.ada, actor=Actor.operator())

    with pytest.raises(Invalid, match="Ada Lovelace is disabled and cannot answer"):
        approver_lists.add_approver(session, people.approvers, people.ada, actor=Actor.operator())


@pytest.mark.parametrize("escalation", [True, False])
def test_an_approver_list_in_use_is_not_deleted(
    session: Session, people: Cast, escalation: bool
) -> None:
    jury = lists.create_approver_list(session, "jury", [], actor=Actor.operator())
    staff = a_list(session, "staff")
    lists.assign_approvers(session, staff, jury, escalation=escalation, actor=Actor.operator())

    assert approver_lists.lists_using(session, jury) == [staff]
    with pytest.raises(StillInUse, match="The approver list jury is still used by: staff"):
        approver_lists.delete_approver_list(session, jury, actor=Actor(people.barbara, PORTAL))


def test_an_unused_approver_list_is_deleted_and_audited(session: Session, people: Cast) -> None:
    lists.assign_approvers(session, people.announce, None, actor=Actor.operator())
    number = people.approvers.id

    approver_lists.delete_approver_list(
        session, people.approvers, actor=Actor(people.barbara, PORTAL)
    )
    session.flush()

    assert session.get(ApproverList, number) is None
    assert session.scalar(select(func.count()).select_from(approver)) == 0
    entry = last_entry(session)
    assert entry.act == Act.DELETED_APPROVER_LIST
    assert entry.detail["members"] == [people.grace.id, people.linus.id]
    with pytest.raises(Unknown, match=f"no approver list {number}"):
        approver_lists.approver_list_by_id(session, number)
