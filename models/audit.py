"""The audit log: who did what, when, through which door.  Entries are never changed."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Computed, Index, insert
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.actors import Actor, Door
from models.base import Base, identity
from models.clock import now
from models.events import EventKind, note_event
from models.lifecycle import text_enum
from models.people import User
from models.refusals import Refusal, Trespass
from models.services import acting_service


class Act(StrEnum):
    """What was done, as stored in `AuditEntry.act`."""

    ADDED_USER = "added_user"
    DISABLED_USER = "disabled_user"
    ENABLED_USER = "enabled_user"
    GRANTED_ROLE = "granted_role"
    REVOKED_ROLE = "revoked_role"
    EDITED_ROLE = "edited_role"
    RENAMED_ROLE = "renamed_role"
    DELETED_ROLE = "deleted_role"
    CREATED_LIST = "created_list"
    EDITED_LIST = "edited_list"
    SET_SENDOUT_RULES = "set_sendout_rules"
    ARCHIVED_LIST = "archived_list"
    UNARCHIVED_LIST = "unarchived_list"
    CREATED_APPROVER_LIST = "created_approver_list"
    EDITED_APPROVER_LIST = "edited_approver_list"
    DELETED_APPROVER_LIST = "deleted_approver_list"
    CREATED_LIST_SET = "created_list_set"
    EDITED_LIST_SET = "edited_list_set"
    DELETED_LIST_SET = "deleted_list_set"
    ASSIGNED_APPROVERS = "assigned_approvers"
    SET_ABSENCE = "set_absence"
    ENDED_ABSENCE = "ended_absence"
    CHANGED_ADDRESS = "changed_address"
    REMOVED_USER = "removed_user"
    ADDED_PEOPLE = "added_people"
    SYNCED_PEOPLE = "synced_people"
    SUBSCRIBED = "subscribed"
    UNSUBSCRIBED = "unsubscribed"
    ASKED_TO_JOIN = "asked_to_join"
    ACCEPTED_MEMBER = "accepted_member"
    DECLINED_MEMBER = "declined_member"
    ENDED_JOIN_REQUEST = "ended_join_request"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    IMPORTED = "imported"
    ASKED_FOR_PUSH = "asked_for_push"
    HELD_PUSH = "held_push"
    CONFIRMED_PUSH = "confirmed_push"
    WROTE = "wrote"
    REWROTE = "rewrote"
    DISCARDED = "discarded"
    RESCHEDULED = "rescheduled"
    SPLIT = "split"
    UNSPLIT = "unsplit"
    ASKED = "asked"
    NOTIFIED = "notified"
    NOT_NOTIFIED = "not_notified"
    FELL_BACK = "fell_back"
    REMINDED = "reminded"
    ESCALATED = "escalated"
    EXPIRED = "expired"
    VIEWED = "viewed"
    CHANGED_CONTACT = "changed_contact"
    LOCKED_PHONE = "locked_phone"
    STOPPED_SMS = "stopped_sms"
    STARTED_SMS = "started_sms"
    APPROVED = "approved"
    REJECTED = "rejected"
    SENT_BACK = "sent_back"
    WITHDREW = "withdrew"
    RELEASED = "released"
    RECALLED = "recalled"
    RETURNED = "returned"
    BEGAN_SENDING = "began_sending"
    CHOSE_WINNER = "chose_winner"
    BEGAN_REST = "began_rest"
    FINISHED_SENDING = "finished_sending"
    STOPPED_SENDING = "stopped_sending"
    RESUMED_SENDING = "resumed_sending"
    ENDED_SENDOUT = "ended_sendout"
    LOST_SIGHT = "lost_sight"
    RESENT = "resent"
    SETTLED = "settled"
    HELD_SENDOUTS = "held_sendouts"
    RELEASED_SENDOUTS = "released_sendouts"
    LOGGED_IN = "logged_in"
    CHANGED_PASSWORD = "changed_password"  # noqa: S105 (an act's name)
    TURNED_ON_CODES = "turned_on_codes"
    TURNED_OFF_CODES = "turned_off_codes"
    MADE_RECOVERY_CODES = "made_recovery_codes"
    USED_RECOVERY_CODE = "used_recovery_code"
    INVITED = "invited"
    ADDED_SERVICE = "added_service"
    EDITED_SERVICE = "edited_service"
    DISABLED_SERVICE = "disabled_service"
    ENABLED_SERVICE = "enabled_service"
    MADE_SERVICE_KEY = "made_service_key"
    REVOKED_SERVICE_KEY = "revoked_service_key"
    NAMED_USER = "named_user"  # gave the service's own key
    NAMED_LIST = "named_list"
    ADDED_WEBHOOK = "added_webhook"
    DISABLED_WEBHOOK = "disabled_webhook"
    ENABLED_WEBHOOK = "enabled_webhook"
    REMOVED_WEBHOOK = "removed_webhook"
    ROTATED_WEBHOOK = "rotated_webhook"
    REPLAYED_EVENTS = "replayed_events"
    REFUSED = "refused"


# The events that other services get of acts, with the state and the verdict that follow, and the
# numbers that an act's detail leaves out where they are 0.
EVENTS: Final[dict[Act, tuple[EventKind, dict[str, str | int]]]] = {
    Act.ASKED: (EventKind.MESSAGE_ASKED, {"state": "in_moderation"}),
    Act.APPROVED: (EventKind.MESSAGE_DECIDED, {"verdict": "approved", "state": "scheduled"}),
    Act.REJECTED: (EventKind.MESSAGE_DECIDED, {"verdict": "rejected", "state": "rejected"}),
    Act.SENT_BACK: (EventKind.MESSAGE_DECIDED, {"verdict": "sent_back", "state": "draft"}),
    Act.WITHDREW: (EventKind.MESSAGE_WITHDRAWN, {"state": "draft"}),
    Act.EXPIRED: (EventKind.MESSAGE_EXPIRED, {"state": "draft"}),
    Act.RECALLED: (EventKind.MESSAGE_RECALLED, {"state": "draft"}),
    Act.RETURNED: (EventKind.MESSAGE_FAILED, {"state": "draft"}),
    Act.FINISHED_SENDING: (
        EventKind.MESSAGE_SENT,
        {"state": "sent", "sent": 0, "failed": 0, "uncertain": 0},
    ),
    Act.STOPPED_SENDING: (EventKind.MESSAGE_FAILED, {"state": "stopped"}),
    Act.HELD_PUSH: (EventKind.PUSH_HELD, {}),
}
# Of an act's detail, what its event may say: numbers only.
IN_EVENTS: Final = {"request_id", "sent", "failed", "uncertain", "removals", "before", "after"}


class AuditEntry(Base):
    """One act.

    Ids are not foreign keys and the actor's name is a copy, because an entry outlives the rows it
    refers to.  `detail` holds facts for the timeline, never the text of a message.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        # With the id, because queries ask for the newest entries.
        Index(None, "message_id", "id", postgresql_where="message_id is not null"),
        Index(None, "list_id", "id", postgresql_where="list_id is not null"),
        Index(None, "actor_id", "id", postgresql_where="actor_id is not null"),
        Index(None, "about_id", "id", postgresql_where="about_id is not null"),
        Index(None, "act", "id"),
        Index(None, "door", "id"),
        Index(None, "at"),
    )

    id: Mapped[identity]
    at: Mapped[datetime] = mapped_column(default=now)
    act: Mapped[str]  # an Act; no CHECK, because every new one would need a migration
    actor_id: Mapped[int | None]
    actor: Mapped[str]
    door: Mapped[Door] = mapped_column(text_enum(Door))
    # The name of the service that acted, by itself or in the place of the actor.
    service: Mapped[str | None]
    message_id: Mapped[int | None]
    list_id: Mapped[int | None]
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    # The user it was done to, out of `detail`; a column, so that an index can find it.
    about_id: Mapped[int | None] = mapped_column(
        Computed("((detail ->> 'user_id'::text))::bigint", persisted=True)
    )


def record(
    session: Session,
    act: Act,
    *,
    actor: Actor,
    message_id: int | None = None,
    list_id: int | None = None,
    **detail: Any,
) -> None:
    """Add an entry to the audit log."""
    # An INSERT instead of session.add: the entry is not read again, and this takes half the time.
    session.connection().execute(
        insert(AuditEntry),
        {
            "act": act,
            "message_id": message_id,
            "list_id": list_id,
            "detail": detail,
            **acting(actor, acting_service(session)),
        },
    )
    if act in EVENTS:
        note_event_of(session, act, message_id=message_id, list_id=list_id, **detail)


def note_event_of(
    session: Session, act: Act, *, message_id: int | None, list_id: int | None, **detail: Any
) -> None:
    """Write the event of an act on a message, or else on a list."""
    kind, outcome = EVENTS[act]
    data = {"list_id": list_id} | outcome
    data |= {name: value for name, value in detail.items() if name in IN_EVENTS}
    if message_id is None:
        note_event(session, kind, f"list:{list_id}", **data)
    else:
        note_event(session, kind, f"message:{message_id}", message_id=message_id, **data)


def acting(actor: Actor, service: str | None) -> dict[str, Any]:
    """Return the columns of an entry that say who did it, and through which door and service.

    Without a user, the actor at the door of services is the service itself.
    """
    user_id = actor.user.id if actor.user else None
    is_service = service is not None and user_id is None and actor.door is Door.SERVICE
    name = service if is_service else actor.name
    return {"actor_id": user_id, "actor": name, "door": actor.door, "service": service}


def record_refusal(session: Session, refusal: Trespass) -> None:
    """Record an attempt that was not allowed."""
    record(
        session,
        Act.REFUSED,
        actor=Actor(
            session.get(User, refusal.by_id) if refusal.by_id else None,
            Door(refusal.via or Door.SYSTEM),
        ),
        message_id=refusal.message_id,
        list_id=refusal.list_id,
        **refusal_detail(refusal),
    )


def refusal_detail(refusal: Refusal) -> dict[str, Any]:
    """Return a refusal as `detail` of an entry: in English, and what translations need."""
    return {
        "sentence": str(refusal),
        "template": refusal.sentence,
        "facts": {
            name: fact if isinstance(fact, int) else str(fact)
            for name, fact in refusal.facts.items()
        },
    }
