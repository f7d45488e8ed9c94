"""Whether an author has handed in the same mail before."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Message, MessageState
from notifications.mime.header_lines import split_mail

# The header of a mail ends before.
HEADER_BYTES = 100_000

# Messages with the same subject that are compared, at most.
MAX_COMPARED = 20


def earlier_message(session: Session, message: Message) -> Message | None:
    """Return the newest earlier message of the author to the list with the same Message-ID."""
    wanted = message_id(message.raw)
    if not wanted:
        return None
    earlier = (
        select(Message, func.substring(Message.raw, 1, HEADER_BYTES))
        .where(
            Message.author_id == message.author_id,
            Message.list_id == message.list_id,
            Message.subject == message.subject,
            Message.state != MessageState.DISCARDED,
            Message.id < message.id,
        )
        .order_by(Message.id.desc())
        .limit(MAX_COMPARED)
    )
    for one, header in session.execute(earlier):
        if message_id(bytes(header)) == wanted:
            found: Message = one
            return found
    return None


def message_id(raw: bytes) -> bytes:
    """Return the Message-ID of a mail, or of its first bytes; empty if it has none."""
    fields = split_mail(raw[:HEADER_BYTES]).fields
    return next((one.value.strip() for one in fields if one.name == "message-id"), b"")
