"""What somebody did, and what was done about them: the audit trail and the journal, as one."""

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    cast,
    func,
    literal,
    not_,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased

from models import Act, AuditEntry, Change, Door, SubscriptionChange, User

# The journal knows each joining and leaving, also those of an import, which is one act.
FROM_JOURNAL = {Change.JOINED: Act.SUBSCRIBED, Change.LEFT: Act.UNSUBSCRIBED}


def history(user: User) -> Select[AuditEntry]:
    """Everything the person did or that was done about them, newest first."""
    columns = list(AuditEntry.__table__.c)
    acts = select(*columns).where(or_(AuditEntry.actor_id == user.id, about(user)))
    acts = acts.where(not_(and_(AuditEntry.act.in_(FROM_JOURNAL.values()), about(user))))
    both = union_all(acts, *(journal(user, change) for change in FROM_JOURNAL)).subquery()
    told = aliased(AuditEntry, both)
    return select(told).order_by(told.at.desc(), told.id.desc())


def about(user: User) -> ColumnElement[bool]:
    """Whether an entry is about this person."""
    their_id: ColumnElement[int] = AuditEntry.detail["user_id"].as_integer()
    return their_id == user.id


def journal(user: User, change: Change) -> Select[tuple[object, ...]]:
    """The person's joinings or leavings, each as the entry that an act of its own would have."""
    nobody = case((SubscriptionChange.via == Door.SYSTEM, "system"), else_="operator")
    return (
        select(
            # No entry of the trail has a negative number.
            (-SubscriptionChange.id).label("id"),
            SubscriptionChange.at,
            literal(str(FROM_JOURNAL[change])).label("act"),
            SubscriptionChange.by_id.label("actor_id"),
            func.coalesce(User.name, nobody).label("actor"),
            SubscriptionChange.via.label("door"),
            cast(null(), AuditEntry.__table__.c.message_id.type).label("message_id"),
            SubscriptionChange.list_id,
            func.jsonb_build_object("user_id", SubscriptionChange.user_id)
            .cast(JSONB)
            .label("detail"),
            SubscriptionChange.user_id.label("about_id"),
        )
        .outerjoin(User, User.id == SubscriptionChange.by_id)
        .where(SubscriptionChange.user_id == user.id, SubscriptionChange.change == change)
    )
