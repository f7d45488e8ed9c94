"""Find the approver and the request by a key: reply address, link or code.

The database finds a token by its hash; it counts only if the present SECRET_KEY derives it, so that
a new SECRET_KEY voids what was sent before.
"""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    ApproverKeys,
    ModerationRequest,
    RequestState,
    Unknown,
    User,
    record,
)
from models.addresses import detail_of
from models.clock import now
from notifications.letters.keys import Keys, hashed
from workflows.moderation.approvers import require_approver

# Closed requests of a user that a code is compared with, only to say who was first.
RECENT = 100


def keys_by_reply(session: Session, address: str, keys: Keys) -> ApproverKeys | None:
    """Return the keys with this reply address, or None."""
    token = detail_of(address).lower()
    found = session.scalar(select(ApproverKeys).where(ApproverKeys.reply_hash == hashed(token)))
    return found if found and keys.reply_token(found.id) == token else None


def keys_by_link(session: Session, token: str, keys: Keys) -> ApproverKeys:
    """Return the keys with this link; raise Unknown."""
    found = session.scalar(select(ApproverKeys).where(ApproverKeys.link_hash == hashed(token)))
    if found is None or keys.link_token(found.id) != token:
        raise Unknown("This link is unknown.")
    return found


def keys_by_code(session: Session, user: User, code: str, keys: Keys) -> ApproverKeys | None:
    """Return the user's keys with this code; None if there are none, or two of open requests.

    Open requests come first, because six digits may have been used before.
    """
    own = (
        select(ApproverKeys)
        .join(ModerationRequest)
        .where(ApproverKeys.user_id == user.id)
        .order_by(ApproverKeys.id.desc())
    )
    still_open = own.where(ModerationRequest.state == RequestState.OPEN)
    matches = [one for one in session.scalars(still_open) if keys.code(one.id) == code]
    if len(matches) > 1:
        return None
    closed = own.where(ModerationRequest.state != RequestState.OPEN).limit(RECENT)
    late = (one for one in session.scalars(closed) if keys.code(one.id) == code)
    return next(iter(matches), None) or next(late, None)


def view(session: Session, request: ModerationRequest, *, actor: Actor) -> None:
    """Record that the approver, who has logged in, opened the message.

    An approver who was not asked, because they became one later, gets keys but no letter.
    """
    require_approver(request, actor)
    keys = own_keys(session, request, actor.person)
    if keys.viewed_at is None:
        keys.viewed_at = now()
        facts = {"request_id": request.id, **request.message.place}
        record(session, Act.VIEWED, actor=actor, **facts)


def own_keys(session: Session, request: ModerationRequest, approver: User) -> ApproverKeys:
    """Return the approver's keys, created if need be and locked until the commit."""
    ids = {"request_id": request.id, "user_id": approver.id}
    session.execute(insert(ApproverKeys).values(ids).on_conflict_do_nothing())
    session.expire(request, ["approver_keys"])
    return session.scalars(
        select(ApproverKeys)
        .filter_by(**ids)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()
