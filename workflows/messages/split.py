"""Split a message: its variants, their shares of the list, and when the winner goes to the rest."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from models import Act, Actor, Invalid, Message, MessageState, Right, ShareUnit, record
from models.messages import VARIANT_LETTERS
from models.sendout import MAX_COPIES
from workflows.access import require, require_author
from workflows.messages.drafts import lock_draft
from workflows.messages.write import require_sensible
from workflows.sendout.rules import require_rest_later
from workflows.sendout.schedule import require_content

MAX_VARIANTS = len(VARIANT_LETTERS)


@dataclass(frozen=True)
class Split:
    """A plan: the shares of a message and of the drafts that become its variants, by number.

    At `rest_at` everyone else gets the `winner`; if that is None, the variant that a person chooses
    by then.  Without `rest_at` the shares are the whole list.
    """

    shares: Mapping[int, int] = field(default_factory=dict)
    unit: ShareUnit = ShareUnit.PERCENT
    rest_at: datetime | None = None
    winner: int | None = None

    def __post_init__(self) -> None:
        if not 2 <= len(self.shares) <= MAX_VARIANTS:
            raise Invalid("A message is split into 2 to %(most)d variants.", most=MAX_VARIANTS)
        if self.unit is ShareUnit.PERCENT:
            if min(self.shares.values()) < 1 or self.total > 100:
                raise Invalid("A share is at least 1 percent, and all together are at most 100.")
        elif min(self.shares.values()) < 1 or self.total > MAX_COPIES:
            raise Invalid("A share is at least one copy, and no more than any list has members.")
        if self.is_complete and (self.rest_at or self.winner):
            raise Invalid("The shares are 100 percent: no one is left for a winner.")
        if not self.is_complete and self.rest_at is None:
            raise Invalid("Choose when the winner goes to the rest, or share out 100 percent.")
        if self.winner is not None and self.winner not in self.shares:
            raise Invalid("The winner must be one of the variants.")

    @property
    def total(self) -> int:
        """The sum of the shares."""
        return sum(self.shares.values())

    @property
    def is_complete(self) -> bool:
        """Whether the shares are the whole list."""
        return self.unit is ShareUnit.PERCENT and self.total == 100


def split(session: Session, message: Message, plan: Split, *, actor: Actor) -> None:
    """Make the drafts of the plan variants of the message, or change its plan.

    A variant is no draft any more; one that the new plan lacks is a draft again.  Raises Trespass
    for another author's message or without Right 618; NotADraft; Invalid for an impossible time, a
    message that is empty, or one that is no draft of the same author and list.
    """
    require_author(message, actor)
    require(actor, Right.SCHEDULE_SENDOUT, **message.place)
    lock_draft(session, message)
    if message.id not in plan.shares:
        raise Invalid("The message itself is one of the variants: it needs a share.")
    if plan.rest_at is not None:
        require_sensible(plan.rest_at)
    require_rest_later(message.send_at, plan.rest_at)
    require_content(session, message)
    release_variants(session, message)
    for number, share in plan.shares.items():
        if number != message.id:
            attach(session, message, number, share)
    message.share, message.share_unit = plan.shares[message.id], plan.unit
    message.rest_at, message.winner_id = plan.rest_at, plan.winner
    session.flush()
    session.expire(message, ["variants"])
    record(session, Act.SPLIT, actor=actor, variants=len(plan.shares), **message.place)


def unsplit(session: Session, message: Message, *, actor: Actor) -> None:
    """Make the variants drafts again; the message goes out alone.

    Raises Trespass for another author's message, NotADraft.
    """
    require_author(message, actor)
    lock_draft(session, message)
    if not message.is_split:
        return
    release_variants(session, message)
    message.share = message.share_unit = message.rest_at = message.winner_id = None
    session.flush()
    record(session, Act.UNSPLIT, actor=actor, **message.place)


def attach(session: Session, message: Message, number: int, share: int) -> None:
    """Make a draft a variant of the message; raises Invalid if it cannot be one."""
    draft = Message.take(session, number, MessageState.DRAFT)
    fits = draft is not None and (draft.author_id, draft.list_id) == (
        message.author_id,
        message.list_id,
    )
    if draft is None or not fits or draft.is_split:
        raise Invalid(
            "Message %(number)d is not a draft of the same author to the same list, or is split "
            "itself.",
            number=number,
        )
    require_content(session, draft)
    Message.move_all(session, [number], MessageState.VARIANT, variant_of_id=message.id, share=share)


def release_variants(session: Session, message: Message) -> None:
    """Make the message's variants drafts again."""
    ids = [one.id for one in message.variants]
    Message.move_all(session, ids, MessageState.DRAFT, variant_of_id=None, share=None)
    session.expire(message, ["variants"])
