"""The keys that approvers answer with: find whose they are, and note that a message was read."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    ApproverKeys,
    ModerationRequest,
    Refusal,
    RequestState,
    Unknown,
    User,
    record,
)
from models.clock import now
from notifications.letters.keys import Keys, hashed
from workflows.moderation.decide import require_approver


class AlreadyUsed(Refusal):
    """The link has answered before; it does so once."""


def keys_by_reply(session: Session, address: str) -> ApproverKeys | None:
    """Whose reply address this is, or None."""
    token = address.partition("@")[0].rpartition("+")[2].lower()
    return session.scalar(select(ApproverKeys).where(ApproverKeys.reply_hash == hashed(token)))


def keys_by_link(session: Session, token: str) -> ApproverKeys:
    """Whose link this is; raises Unknown."""
    found = session.scalar(select(ApproverKeys).where(ApproverKeys.link_hash == hashed(token)))
    if found is None:
        raise Unknown("This link is not known here.")
    return found


def use_link(session: Session, keys: ApproverKeys) -> None:
    """A link answers once; raises AlreadyUsed.  Of two at the same time the second waits here."""
    session.refresh(keys, ["link_used_at"], with_for_update={"key_share": True})
    if keys.link_used_at is not None:
        raise AlreadyUsed("This link has been used.")
    keys.link_used_at = now()


def keys_by_code(session: Session, user: User, code: str, keys: Keys) -> ApproverKeys | None:
    """Which question of this person the code belongs to; None if to none, or to two.

    An open one comes first: a code of six digits may have been used before.
    """
    mine = (
        select(ApproverKeys)
        .join(ModerationRequest)
        .where(ApproverKeys.user_id == user.id)
        .order_by(ApproverKeys.id.desc())
    )
    still_open = mine.where(ModerationRequest.state == RequestState.OPEN)
    fitting = [one for one in session.scalars(still_open) if keys.code(one.id) == code]
    if len(fitting) > 1:
        return None
    settled = mine.where(ModerationRequest.state != RequestState.OPEN).limit(RECENT)
    late = (one for one in session.scalars(settled) if keys.code(one.id) == code)
    return next(iter(fitting), None) or next(late, None)


# How many of somebody's settled questions a code is compared with, only to say who was first.
RECENT = 100


def view(session: Session, request: ModerationRequest, *, actor: Actor) -> None:
    """Note that the approver, who has proved who they are, has opened the message.

    An approver who was not asked, because they became one later, gets keys but no letter.
    """
    require_approver(request, actor)
    keys = own_keys(session, request, actor.person)
    if keys.viewed_at is None:
        keys.viewed_at = now()
        facts = {"request_id": request.id, **request.message.place}
        record(session, Act.VIEWED, actor=actor, **facts)


def own_keys(session: Session, request: ModerationRequest, approver: User) -> ApproverKeys:
    """This person's keys, held, so that of two who open the message at once one is first."""
    ids = {"request_id": request.id, "user_id": approver.id}
    session.execute(insert(ApproverKeys).values(ids).on_conflict_do_nothing())
    session.expire(request, ["approver_keys"])
    return session.scalars(
        select(ApproverKeys)
        .filter_by(**ids)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()
