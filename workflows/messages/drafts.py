"""Edit a draft: rewrite, reschedule, copy, proof, discard."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    Channel,
    IllegalTransition,
    Invalid,
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
from workflows.access import require, require_author, require_author_or, require_open
from workflows.messages.write import Draft, Rest, require_sensible, subject_of, write
from workflows.moderation.asking import require_may_write
from workflows.moderation.changes import forget_changes
from workflows.sendout.rest import OVER, require_rest
from workflows.sendout.rules import (
    audit_detail,
    choose_rules,
    lock_rules,
    require_rest_later,
)
from workflows.sendout.schedule import set_time


class NotADraft(Refusal):
    """Only a draft can be changed: approvers were asked about the bytes of any other."""


class ChangedMeanwhile(Refusal):
    """The draft is no longer the version that was edited."""


def rewrite(
    session: Session,
    message: Message,
    draft: Draft,
    *,
    actor: Actor,
    max_bytes: int,
    version: str | None = None,
) -> None:
    """Replace the draft's list and bytes.

    With `version`, the `content_hash` of what was edited, an unseen change is not overwritten.
    Raises Trespass for another author's message, or for one with a plan if the actor lacks Right
    618 on the new list; MayNotWrite, Archived, NotADraft, Invalid for what is no mail,
    ChangedMeanwhile.
    """
    require_author(message, actor)
    require_open(session, draft.mailing_list)
    require_may_write(session, draft.mailing_list, actor)
    lock_draft(session, message)
    require_version(session, message, version)
    if message.rest_of_id is not None and draft.mailing_list.id != message.list_id:
        raise Invalid("A message to those who did not get an earlier one stays on its list.")
    require_same_list(message, draft)
    if draft.mailing_list.id != message.list_id and has_plan(message):
        require(actor, Right.SCHEDULE_SENDOUT, list_id=draft.mailing_list.id)
    message.subject = subject_of(draft, max_bytes)
    message.mailing_list, message.composed = draft.mailing_list, draft.composed
    message.personal_fields = draft.personal_fields
    message.raw, message.size, message.written_at = draft.raw, len(draft.raw), now()
    session.flush()
    record(session, Act.REWROTE, actor=actor, **message.place)


def discard(session: Session, message: Message, *, actor: Actor) -> None:
    """Delete the draft's subject and content; its audit trail stays.

    Raises Trespass for another author's message, NotADraft.
    """
    require_author(message, actor)
    lock_draft(session, message)
    if message.is_split:
        raise Invalid("This message is split: first make its variants drafts again.")
    message.move(MessageState.DISCARDED, MessageState.DRAFT)
    message.subject, message.raw, message.size = "", b"", 0
    message.schedule(None)
    message.sendout_rules = SendoutRules()
    forget_changes(session, message)
    record(session, Act.DISCARDED, actor=actor, **message.place)


def copy(session: Session, message: Message, *, actor: Actor, max_bytes: int) -> Message:
    """Return a new draft with the same bytes and the same recipients.

    Raises Trespass for another author's message, NotADraft if it was deleted.
    """
    require_author(message, actor)
    if message.state is MessageState.DISCARDED:
        raise NotADraft("Message %(number)d was deleted.", number=message.id)
    return write(session, same_again(message), actor=actor, max_bytes=max_bytes)


def copy_to_rest(
    session: Session,
    message: Message,
    *,
    actor: Actor,
    max_bytes: int,
    with_uncertain: bool = False,
    raw: bytes | None = None,
) -> Message:
    """Return a new draft to the members who did not get this message; `raw` is its content.

    With `with_uncertain` also to those of whom that is unknown, so that they may get both.  Raises
    Trespass for another author's message, IllegalTransition unless its sendout is over, Invalid if
    everyone got it.
    """
    require_author(message, actor)
    if message.state not in OVER:
        raise IllegalTransition(
            "Message %(number)d is %(state)s: its sendout is not over.",
            number=message.id,
            state=message.state,
        )
    draft = same_again(message)
    if raw is not None:
        draft = replace(draft, raw=raw, composed=False)
    rest = Rest(message.rest_of_id or message.id, with_uncertain)
    new = write(session, replace(draft, rest=rest), actor=actor, max_bytes=max_bytes)
    require_rest(session, new)
    return new


def same_again(message: Message) -> Draft:
    """Return what the author wrote."""
    rest = Rest(message.rest_of_id, message.rest_uncertain) if message.rest_of_id else None
    return Draft(
        message.mailing_list,
        message.raw,
        composed=message.composed,
        rest=rest,
        personal_fields=message.personal_fields,
    )


def send_proof(session: Session, message: Message, *, actor: Actor) -> None:
    """Mail the message to its author only, as it would be sent now.

    Raises Trespass for another author's message, NotADraft if it was deleted.
    """
    require_author(message, actor)
    if message.state is MessageState.DISCARDED:
        raise NotADraft("Message %(number)d was deleted.", number=message.id)
    # By e-mail whatever the author prefers: the proof is the mail itself.
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
    """Set the time of the sendout, and with `rules` its rules; None means as soon as possible.

    The author may do it, and everyone with Right 601 once it is scheduled; both need Right 618.
    Raises Trespass; Invalid for an impossible time or rules that the list does not allow;
    IllegalTransition while approvers are asked, because they were shown both, and once it is being
    sent.
    """
    require_author_or(Right.SEND_MESSAGES, message, actor)
    require(actor, Right.SCHEDULE_SENDOUT, **message.place)
    if send_at is not None:
        require_sensible(send_at)
    if rules is not None:
        lock_rules(session, message.mailing_list)
    if message.state is MessageState.DRAFT:
        require_author(message, actor)
        lock_draft(session, message)
    else:
        set_time(session, message, send_at)
    require_rest_later(send_at, message.rest_at)
    message.schedule(send_at)
    detail: dict[str, Any] = {}
    if rules is not None and rules != message.sendout_rules:
        choose_rules(message, rules)
        detail = audit_detail(rules)
    record(session, Act.RESCHEDULED, actor=actor, **message.place, **detail)


def require_same_list(message: Message, draft: Draft) -> None:
    """Raise Invalid if a split message would go to another list than its variants."""
    if message.is_split and draft.mailing_list is not message.mailing_list:
        raise Invalid("This message is split: first make its variants drafts again.")


def has_plan(message: Message) -> bool:
    """Whether the draft has a time or rules of its own, which need Right 618 on its list."""
    return message.send_at is not None or message.sendout_rules != SendoutRules()


def require_version(session: Session, message: Message, version: str | None) -> None:
    """Raise ChangedMeanwhile unless the locked draft is still this version; None is any."""
    if version is None:
        return
    session.refresh(message, ["raw"])  # a lock refreshes only what is not deferred
    if version != message.content_hash():
        raise ChangedMeanwhile(
            "Message %(number)d was changed elsewhere since it was opened here; nothing was saved.",
            number=message.id,
        )


def lock_draft(session: Session, message: Message) -> None:
    """Lock the draft until the commit; raise NotADraft if it is not one or is being changed."""
    if Message.take(session, message.id, MessageState.DRAFT) is None:
        raise NotADraft(
            "Message %(number)d is not a draft, or is being changed elsewhere.", number=message.id
        )
