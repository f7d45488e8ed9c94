"""Verbs that Edsger tries, each with the right that it takes."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy.orm import Session

from models import Actor, Door, MailingList, Message, Right, Sync, SyncState
from models.clock import now
from tests.builders import LIMIT, Cast, a_dispatch, an_eml
from workflows.lists import lists
from workflows.messages.write import Draft, write
from workflows.people import users
from workflows.people.addresses import change_address
from workflows.people.removal import remove_user
from workflows.sendout.schedule import recall, release
from workflows.subscriptions.subscribe import subscribe, subscribe_all, unsubscribe
from workflows.sync.request import confirm, push_now

PORTAL = Door.PORTAL


class Attempt(NamedTuple):
    """A verb that Edsger tries, the right it takes, and what it is about."""

    right: Right
    verb: Callable[[Session, Cast], object]
    about: str = ""  # "list", "message", or nothing of which the audit trail keeps the number


def written(session: Session, people: Cast, send_at: datetime | None = None) -> Message:
    """A draft of Edsger's."""
    edsger, announce = people.edsger, people.announce
    return write(
        session,
        Draft(announce, an_eml()),
        actor=Actor(edsger, PORTAL),
        max_bytes=LIMIT,
        send_at=send_at,
    )


def held(session: Session, people: Cast) -> MailingList:
    """The list, with a push of it that waits for a confirmation."""
    sync = Sync(list_id=people.announce.id, removals=10)
    session.add(sync)
    session.flush()
    sync.move(SyncState.RUNNING)
    sync.move(SyncState.HELD)
    return people.announce


ATTEMPTS = {
    "add a user": Attempt(
        Right.EDIT_USERS,
        lambda s, p: users.add_user(s, "e@example.org", "Eve", actor=Actor(p.edsger, PORTAL)),
    ),
    "grant a role": Attempt(
        Right.EDIT_USERS,
        lambda s, p: users.grant(s, p.edsger, "administrator", actor=Actor(p.edsger, PORTAL)),
    ),
    "disable": Attempt(
        Right.EDIT_USERS, lambda s, p: users.disable(s, p.ada, actor=Actor(p.edsger, PORTAL))
    ),
    "enable": Attempt(
        Right.EDIT_USERS, lambda s, p: users.enable(s, p.ada, actor=Actor(p.edsger, PORTAL))
    ),
    "define a role": Attempt(
        Right.EDIT_USERS,
        lambda s, p: users.define_role(s, "author", [601], actor=Actor(p.edsger, PORTAL)),
    ),
    "create a list": Attempt(
        Right.EDIT_LISTS,
        lambda s, p: lists.create_list(
            s, lists.NewList("n", "n@example.org", "N"), actor=Actor(p.edsger, PORTAL)
        ),
    ),
    "create an approver list": Attempt(
        Right.CREATE_APPROVER_LISTS,
        lambda s, p: lists.create_approver_list(s, "new", [], actor=Actor(p.edsger, PORTAL)),
    ),
    "set approvers": Attempt(
        Right.EDIT_APPROVER_LISTS,
        lambda s, p: lists.set_approvers(s, p.approvers, [], actor=Actor(p.edsger, PORTAL)),
    ),
    "assign, but not edit the list": Attempt(
        Right.EDIT_LISTS,
        lambda s, p: lists.assign_approvers(
            s, p.announce, p.approvers, actor=Actor(p.edsger, PORTAL)
        ),
        "list",
    ),
    "assign, but not use the approver list": Attempt(
        Right.USE_APPROVER_LISTS,
        lambda s, p: lists.assign_approvers(
            s, p.announce, p.approvers, actor=Actor(p.edsger, PORTAL)
        ),
        "list",
    ),
    "subscribe another user": Attempt(
        Right.EDIT_LISTS,
        lambda s, p: subscribe(s, p.ada, p.announce, actor=Actor(p.edsger, PORTAL)),
        "list",
    ),
    "unsubscribe another user": Attempt(
        Right.EDIT_LISTS,
        lambda s, p: unsubscribe(s, p.barbara, p.announce, actor=Actor(p.edsger, PORTAL)),
        "list",
    ),
    "subscribe many": Attempt(
        Right.EDIT_LISTS,
        lambda s, p: subscribe_all(s, p.announce, [p.ada.id], actor=Actor(p.edsger, PORTAL)),
        "list",
    ),
    "edit a list": Attempt(
        Right.EDIT_LISTS,
        lambda s, p: lists.edit_list(
            s, p.announce, lists.ListChanges(description=""), actor=Actor(p.edsger, PORTAL)
        ),
        "list",
    ),
    "push a list": Attempt(
        Right.EDIT_LISTS,
        lambda s, p: push_now(s, p.announce, actor=Actor(p.edsger, PORTAL)),
        "list",
    ),
    "confirm a push": Attempt(
        Right.EDIT_LISTS,
        lambda s, p: confirm(s, held(s, p), actor=Actor(p.edsger, PORTAL)),
        "list",
    ),
    "change another user's address": Attempt(
        Right.EDIT_USERS,
        lambda s, p: change_address(s, p.ada, "a@example.org", actor=Actor(p.edsger, PORTAL)),
    ),
    "remove another user": Attempt(
        Right.EDIT_USERS, lambda s, p: remove_user(s, p.ada, actor=Actor(p.edsger, PORTAL))
    ),
    "set a time": Attempt(
        Right.SCHEDULE_SENDOUT,
        lambda s, p: written(s, p, now() + timedelta(days=1)),
        "list",
    ),
    "release": Attempt(
        Right.SEND_MESSAGES,
        lambda s, p: release(s, written(s, p), actor=Actor(p.edsger, PORTAL)),
        "message",
    ),
    "recall another author's message": Attempt(
        Right.SEND_MESSAGES,
        lambda s, p: recall(s, a_dispatch(s, p).message, actor=Actor(p.edsger, PORTAL)),
        "message",
    ),
}
