"""What an author does with a draft: change it, see a proof of it, copy it, delete it."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    Channel,
    LetterName,
    Message,
    MessageState,
    Notification,
    Refusal,
    Right,
    SendoutRules,
    record,
)
from models.clock import now
from workflows.access import require, require_author, require_open
from workflows.messages.write import Draft, require_sensible, subject_of, write
from workflows.sendout.rules import choose_rules, facts, hold_rules
from workflows.sendout.schedule import postpone


class NotADraft(Refusal):
    """Only a draft can be changed: of the rest, somebody was asked about these very bytes."""


def rewrite(
    session: Session,
    message: Message,
    draft: Draft,
    *,
    actor: Actor,
    max_bytes: int,
) -> None:
    """Put other bytes into the draft's place, whole.

    Raises Trespass for somebody else's message, Archived, NotADraft, Invalid for what is no mail.
    """
    require_author(message, actor)
    require_open(session, draft.mailing_list)
    hold_draft(session, message)
    message.subject = subject_of(draft.raw, max_bytes)
    message.mailing_list, message.composed = draft.mailing_list, draft.composed
    message.raw, message.size, message.written_at = draft.raw, len(draft.raw), now()
    session.flush()
    record(session, Act.REWROTE, actor=actor, **message.place)


def discard(session: Session, message: Message, *, actor: Actor) -> None:
    """Delete the draft's subject and content; what happened to it stays on record.

    Raises Trespass for somebody else's message, NotADraft.
    """
    require_author(message, actor)
    hold_draft(session, message)
    message.move(MessageState.DISCARDED, MessageState.DRAFT)
    message.subject, message.raw, message.size, message.send_at = "", b"", 0, None
    message.sendout_rules = SendoutRules()
    record(session, Act.DISCARDED, actor=actor, **message.place)


def copy(session: Session, message: Message, *, actor: Actor, max_bytes: int) -> Message:
    """A new draft of the same bytes for the same list; raises Trespass, NotADraft if deleted."""
    require_author(message, actor)
    if message.state is MessageState.DISCARDED:
        raise NotADraft("Message %(number)d was deleted.", number=message.id)
    return write(
        session,
        Draft(message.mailing_list, message.raw, composed=message.composed),
        actor=actor,
        max_bytes=max_bytes,
    )


def send_proof(session: Session, message: Message, *, actor: Actor) -> None:
    """Mail the message to its author, and to nobody else, as it would be sent now.

    Raises Trespass for somebody else's message, NotADraft if it was deleted.
    """
    require_author(message, actor)
    if message.state is MessageState.DISCARDED:
        raise NotADraft("Message %(number)d was deleted.", number=message.id)
    # By mail, whatever the author otherwise prefers: it is about a mail.
    proof = Notification(
        letter=LetterName.PROOF, channel=Channel.EMAIL, user=actor.person, message=message
    )
    session.add(proof)
    session.flush()


def reschedule(
    session: Session,
    message: Message,
    *,
    actor: Actor,
    send_at: datetime | None,
    rules: SendoutRules | None = None,
) -> None:
    """Set when the message is to go out; None is as soon as it may.  With `rules`, those too.

    Its author may, and everybody with Right 601 once it is scheduled; with Right 618 both.
    Raises Trespass, Invalid for a time that cannot be meant or rules that the list does not allow,
    IllegalTransition while it waits for an answer (approvers were told all this) and once it is
    being sent.
    """
    place = {"message_id": message.id, "list_id": message.list_id}
    if actor.person.id != message.author_id:
        require(actor, Right.SEND_MESSAGES, **place)
    require(actor, Right.SCHEDULE_SENDOUT, **place)
    if send_at is not None:
        require_sensible(send_at)
    if rules is not None:
        hold_rules(session, message.mailing_list)
    if message.state is MessageState.DRAFT:
        require_author(message, actor)
        hold_draft(session, message)
    else:
        postpone(session, message, send_at)
    message.send_at = send_at
    detail: dict[str, Any] = {}
    if rules is not None and rules != message.sendout_rules:
        choose_rules(message, rules)
        detail = facts(rules)
    record(session, Act.RESCHEDULED, actor=actor, **message.place, **detail)


def hold_draft(session: Session, message: Message) -> None:
    """Keep everybody else from changing the draft until we are done; raises NotADraft."""
    if Message.take(session, message.id, MessageState.DRAFT) is None:
        raise NotADraft(
            "Message %(number)d is not a draft, or is being changed elsewhere.", number=message.id
        )
