"""Messages that are split into variants."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Actor, Dispatch, Door, Message, ShareUnit, Verdict
from models.clock import now
from tests.builders import Cast, a_draft
from tests.workflows.sendout.clocks import Clock
from workflows.messages.split import Split, split
from workflows.moderation.decide import decide, request_approval

PORTAL = Door.PORTAL


def a_split(
    session: Session,
    people: Cast,
    *shares: int,
    unit: ShareUnit = ShareUnit.PERCENT,
    winner: int | None = None,
    has_rest: bool = True,
    clock: Clock | None = None,
) -> Message:
    """A draft of Ada's in variants A, B, and so on; `winner` counts them from 0."""
    drafts = [a_draft(session, people, f"Variant {number}") for number in range(len(shares))]
    plan = Split(
        {draft.id: share for draft, share in zip(drafts, shares, strict=True)},
        unit,
        (clock.moment if clock else now()) + timedelta(hours=2) if has_rest else None,
        None if winner is None else drafts[winner].id,
    )
    split(session, drafts[0], plan, actor=Actor(people.ada, PORTAL))
    return drafts[0]


def approved(session: Session, people: Cast, message: Message) -> Dispatch:
    """The Dispatch of a draft of Ada's that Grace has approved."""
    request = request_approval(session, message, actor=Actor(people.ada, PORTAL))
    decide(session, request, Verdict.APPROVED, actor=Actor(people.grace, PORTAL))
    session.flush()
    return session.scalars(select(Dispatch).where(Dispatch.message_id == message.id)).one()
