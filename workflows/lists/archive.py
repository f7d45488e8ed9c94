"""Archive a list, which stops messages, subscriptions and pushes, and unarchive it."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    MailingList,
    Message,
    Refusal,
    Right,
    SubscriptionRequest,
    ask_for_push,
    record,
)
from models.clock import now
from models.messages import ON_THEIR_WAY
from workflows.access import lock_list, require_everywhere
from workflows.lists.ended_requests import end_requests, open_requests


class StillInUse(Refusal):
    """Something depends on the list that is to be archived or deleted."""


def archive(session: Session, mailing_list: MailingList, *, actor: Actor) -> bool:
    """Archive the list: it accepts no messages and no subscribers, and is not pushed.

    Returns False if it is archived already.  Raises StillInUse if it has unfinished messages.
    """
    require_everywhere(actor, Right.EDIT_LISTS, list_id=mailing_list.id)
    lock_list(session, mailing_list)
    if mailing_list.archived_at:
        return False
    waiting = select(func.count()).where(
        Message.list_id == mailing_list.id, Message.state.in_(ON_THEIR_WAY)
    )
    if number := session.scalar(waiting):
        raise StillInUse(
            "Messages to the list %(list)s are still open (%(number)d). Have them withdrawn or "
            "recalled first, or wait until they are sent.",
            list=mailing_list,
            number=number,
        )
    mailing_list.archived_at = now()
    record(session, Act.ARCHIVED_LIST, actor=actor, list_id=mailing_list.id)
    waiting_to_join = open_requests(SubscriptionRequest.list_id == mailing_list.id)
    end_requests(session, waiting_to_join, actor=actor)
    return True


def unarchive(session: Session, mailing_list: MailingList, *, actor: Actor) -> bool:
    """Make the list usable again; return False if it is not archived."""
    require_everywhere(actor, Right.EDIT_LISTS, list_id=mailing_list.id)
    lock_list(session, mailing_list)
    if not mailing_list.archived_at:
        return False
    mailing_list.archived_at = None
    record(session, Act.UNARCHIVED_LIST, actor=actor, list_id=mailing_list.id)
    # Changes were journaled meanwhile, but not pushed.
    ask_for_push(session, [mailing_list.id])
    return True
