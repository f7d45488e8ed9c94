"""The drafts that can be variants of a message."""

from collections.abc import Sequence

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from models import Message, MessageState

# More than a plan has room for.
MAX_SHOWN = 50


def possible_variants(session: Session, message: Message) -> Sequence[Message]:
    """Return the message's variants, and its author's other drafts to the list, newest first."""
    free = and_(Message.state == MessageState.DRAFT, Message.share_unit.is_(None))
    found = (
        select(Message)
        .where(
            Message.author_id == message.author_id,
            Message.list_id == message.list_id,
            Message.id != message.id,
            or_(Message.variant_of_id == message.id, free),
        )
        .order_by(Message.variant_of_id, Message.id.desc())
        .limit(MAX_SHOWN)
    )
    return session.scalars(found).all()
