"""Editing lists, archiving them and changing approver lists need one right each."""

import pytest
from sqlalchemy.orm import Session

from models import Actor, ApproverList, Door, Right, Trespass
from tests.builders import Cast
from tests.workflows.moderation.attempts import Attempt
from tests.workflows.people.rights import give
from workflows.lists import approver_lists, archive, lists

PORTAL = Door.PORTAL


def unused(session: Session) -> ApproverList:
    """An approver list that answers for no mailing list."""
    return lists.create_approver_list(session, "unused", [], actor=Actor.operator())


ATTEMPTS = {
    "edit": Attempt(
        Right.EDIT_LISTS,
        lambda s, p: lists.edit_list(
            s, p.announce, lists.ListChanges(name="N"), actor=Actor(p.edsger, PORTAL)
        ),
        "list",
    ),
    "archive": Attempt(
        Right.EDIT_LISTS,
        lambda s, p: archive.archive(s, p.announce, actor=Actor(p.edsger, PORTAL)),
        "list",
    ),
    "unarchive": Attempt(
        Right.EDIT_LISTS,
        lambda s, p: archive.unarchive(s, p.announce, actor=Actor(p.edsger, PORTAL)),
        "list",
    ),
    "add an approver": Attempt(
        Right.EDIT_APPROVER_LISTS,
        lambda s, p: approver_lists.add_approver(
            s, p.approvers, p.ada, actor=Actor(p.edsger, PORTAL)
        ),
    ),
    "remove an approver": Attempt(
        Right.EDIT_APPROVER_LISTS,
        lambda s, p: approver_lists.remove_approver(
            s, p.approvers, p.grace, actor=Actor(p.edsger, PORTAL)
        ),
    ),
    "delete an approver list": Attempt(
        Right.DELETE_APPROVER_LISTS,
        lambda s, p: approver_lists.delete_approver_list(
            s, unused(s), actor=Actor(p.edsger, PORTAL)
        ),
    ),
}


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
def test_all_other_rights_do_not_make_up_for_the_one_that_is_missing(
    session: Session, people: Cast, attempt: Attempt
) -> None:
    give(session, people.edsger, *(set(Right) - {attempt.right}))

    with pytest.raises(Trespass, match=f"lacks the right {attempt.right.name}") as refusal:
        attempt.verb(session, people)

    assert (refusal.value.by_id, refusal.value.via) == (people.edsger.id, PORTAL)
    assert refusal.value.list_id == (people.announce.id if attempt.about else None)


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
def test_a_user_with_the_right_is_not_refused(
    session: Session, people: Cast, attempt: Attempt
) -> None:
    give(session, people.edsger, attempt.right)

    attempt.verb(session, people)
