"""Ask for approval, decide, withdraw: whether a message may be sent."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy.orm import Session, joinedload

from models import (
    Absence,
    Act,
    Actor,
    ApproverKeys,
    ApproverList,
    Decision,
    Door,
    IllegalTransition,
    Invalid,
    LetterName,
    MailingList,
    Message,
    MessageState,
    ModerationRequest,
    Refusal,
    RequestState,
    Unknown,
    User,
    Verdict,
    record,
)
from models.answerers import Answerers
from models.clock import now
from workflows.access import require_author, require_open
from workflows.moderation.approvers import require_approver
from workflows.moderation.asking import require_may_write, require_room
from workflows.moderation.changes import changes_since, keep_content
from workflows.notify import notify
from workflows.sendout.recipients import count
from workflows.sendout.rest import require_rest
from workflows.sendout.rules import lock_and_require_overlap
from workflows.sendout.schedule import require_content, schedule

COMMENT_LENGTH = 10_000  # characters

# Where the approver reads the refusal.  At the others an operator or a service may act for them.
OWN_DOORS = {Door.PORTAL, Door.LINK, Door.MAIL, Door.SMS}

# What the audit trail and the author learn of each answer.
OUTCOMES: Final = {
    Verdict.APPROVED: (Act.APPROVED, LetterName.APPROVED),
    Verdict.REJECTED: (Act.REJECTED, LetterName.REJECTED),
    Verdict.SENT_BACK: (Act.SENT_BACK, LetterName.SENT_BACK),
}

# What every answer needs, in one query instead of five.
WITH_MESSAGE: Final = joinedload(ModerationRequest.message).options(
    joinedload(Message.author),
    joinedload(Message.mailing_list)
    .joinedload(MailingList.approver_list)
    .joinedload(ApproverList.members),
)


class NoApprovers(Refusal):
    """The request would have no approver, and so no answer."""


class AlreadyDecided(Refusal):
    """Another answer was first, perhaps by the same approver."""


class NoLongerOpen(Refusal):
    """The request was withdrawn or has expired."""


class CommentMissing(Invalid):
    """A message cannot be sent back without a comment."""


def request_approval(session: Session, message: Message, *, actor: Actor) -> ModerationRequest:
    """Ask those who may answer and are not away; the request is bound to the content's hash.

    Raises NoApprovers, Archived, MayNotWrite, TooManyOpenRequests, Invalid if it is empty or its
    rules leave it no time, Trespass for another author's message, IllegalTransition unless it is a
    draft.
    """
    require_author(message, actor)
    require_open(session, message.mailing_list)
    require_may_write(session, message.mailing_list, actor)
    require_room(session, message)
    lock_and_require_overlap(session, message)
    require_content(session, message)
    require_rest(session, message)
    require_approvers(message)
    message.move(MessageState.IN_MODERATION)
    since = changes_since(session, message)
    # Without keys, which a query would look for.
    request = ModerationRequest(
        message=message, content_hash=message.content_hash(), approver_keys=[], **since
    )
    session.add(request)
    session.flush()
    record(session, Act.ASKED, actor=actor, request_id=request.id, **message.place)
    ask_those_present(session, request)
    return request


def decide(
    session: Session,
    request: ModerationRequest,
    verdict: Verdict,
    *,
    actor: Actor,
    comment: str = "",
) -> Decision:
    """Record the first answer and carry out what follows from it, whichever door it came through.

    Raises NotAnApprover, AlreadyDecided (by whom, what and when), NoLongerOpen, CommentMissing.
    """
    for_whom = require_approver(request, actor)
    comment = checked_comment(comment)
    if verdict is Verdict.SENT_BACK and not comment and request.state is RequestState.OPEN:
        raise CommentMissing("Say in a comment what the author should change.")
    try:
        win(session, request)
    except AlreadyDecided as refusal:
        raise own_decision_stands(request, verdict, actor) or refusal from None
    decision = Decision(
        request_id=request.id,
        approver=actor.person,
        for_whom=for_whom,
        verdict=verdict,
        via=actor.door,
        comment=comment,
    )
    session.add(decision)
    carry_out(session, request, decision)
    return decision


def withdraw(session: Session, request: ModerationRequest, *, actor: Actor) -> None:
    """Take the request back; the message is a draft again.

    Raises Trespass for another author's message, AlreadyDecided, NoLongerOpen.
    """
    require_author(request.message, actor)
    message = request.message
    win(session, request, RequestState.WITHDRAWN)
    message.move(MessageState.DRAFT, MessageState.IN_MODERATION)
    notify(
        session, asked_approvers(request), LetterName.WITHDRAWN, message=message, request=request
    )
    record(session, Act.WITHDREW, actor=actor, request_id=request.id, **message.place)


def request_by_id(session: Session, request_id: int) -> ModerationRequest:
    """Return the request with this id; raise Unknown."""
    request = session.get(ModerationRequest, request_id, options=[WITH_MESSAGE])
    if request is None:
        raise Unknown("There is no request %(number)d.", number=request_id)
    return request


def ask_those_present(session: Session, request: ModerationRequest) -> None:
    """Ask those who may answer and are not away.

    If all are away, the escalation list is asked at once; without one, those who are away are.
    """
    able = request.answerers()
    escalates = request.message.mailing_list.escalation_list is not None
    if able.all_away and escalates and request.escalated_at is None:
        request.escalated_at = now()
        record(
            session,
            Act.ESCALATED,
            actor=Actor.system(),
            request_id=request.id,
            **request.message.place,
        )
        able = request.answerers()
    ask_approvers(session, request, able)


def ask_approvers(session: Session, request: ModerationRequest, able: Answerers) -> None:
    """Give each recipient who has none own keys to answer with, and notify them."""
    known = set(asked_approvers(request))
    new = [approver for approver in able.recipients if approver not in known]
    request.approver_keys += [ApproverKeys(user=approver) for approver in new]
    session.flush()  # reply address, link and code are derived from the ids
    notify_approvers(session, request, LetterName.MODERATE, new, deputies=able.deputies)


def notify_approvers(
    session: Session,
    request: ModerationRequest,
    letter: LetterName,
    approvers: Iterable[User],
    *,
    deputies: Mapping[User, Absence],
) -> None:
    """Send the letter with the message; it says to how many members a message to the rest goes.

    A deputy's also says for whom.
    """
    message = request.message
    detail: dict[str, Any] = {}
    if message.rest_of_id is not None:
        detail["recipients"] = count(session, message)
    for user in approvers:
        facts = absence_facts(deputies[user]) if user in deputies else {}
        notify(session, [user], letter, message=message, request=request, **detail, **facts)


def absence_facts(absence: Absence) -> dict[str, Any]:
    """Return for whom a deputy is asked, and that person's last day away, for a letter."""
    return {"absent": absence.user.name, "last_day": absence.last_day.isoformat()}


def asked_approvers(request: ModerationRequest) -> Sequence[User]:
    """Return every user who was asked."""
    return [keys.user for keys in request.approver_keys]


def require_approvers(message: Message) -> None:
    """Raise NoApprovers unless someone may answer about this message now."""
    if message.mailing_list.approvers_for(message.author):
        return
    facts = {"user": message.author, "list": message.mailing_list.short_name}
    if message.mailing_list.approver_list is None:
        raise NoApprovers(
            "%(user)s may not send to the list %(list)s, and it has no approver list to ask.",
            **facts,
        )
    raise NoApprovers(
        "%(user)s may not send to the list %(list)s, and nobody else on its approver list can "
        "answer.",
        **facts,
    )


def win(
    session: Session, request: ModerationRequest, to: RequestState = RequestState.DECIDED
) -> None:
    """Settle the race: of all callers for one request, one returns; the others get a refusal."""
    try:
        request.move(to)
    except IllegalTransition:
        session.refresh(request, ["decision"])
        raise too_late(request) from None


def too_late(request: ModerationRequest) -> Refusal:
    """Return the refusal for an answer that was not the first."""
    if request.decision is not None:
        return already_decided(request.decision)
    if request.state is RequestState.EXPIRED:
        return NoLongerOpen(
            "Request %(number)d has expired and can no longer be answered.", number=request.id
        )
    return NoLongerOpen(
        "Request %(number)d was withdrawn and can no longer be answered.", number=request.id
    )


def already_decided(first: Decision) -> AlreadyDecided:
    """Return the refusal that says who answered first, what and when."""
    facts = {"approver": first.approver, "when": first.decided_at}
    match first.verdict:
        case Verdict.APPROVED:
            return AlreadyDecided(
                "%(approver)s has already approved this message, on %(when)s.", **facts
            )
        case Verdict.REJECTED:
            return AlreadyDecided(
                "%(approver)s has already rejected this message, on %(when)s.", **facts
            )
        case Verdict.SENT_BACK:
            return AlreadyDecided(
                "%(approver)s has already sent this message back, on %(when)s.", **facts
            )


def own_decision_stands(
    request: ModerationRequest, verdict: Verdict, actor: Actor
) -> AlreadyDecided | None:
    """Return the refusal for an approver whose own earlier answer was the first, else None."""
    first = request.decision
    if first is None or first.approver != actor.user or actor.door not in OWN_DOORS:
        return None
    return same_again(first) if first.verdict is verdict else first_stands(first)


def same_again(first: Decision) -> AlreadyDecided:
    """Return the refusal for an approver who repeats their own answer."""
    when = first.decided_at
    match first.verdict:
        case Verdict.APPROVED:
            return AlreadyDecided("You have already approved this message, on %(when)s.", when=when)
        case Verdict.REJECTED:
            return AlreadyDecided("You have already rejected this message, on %(when)s.", when=when)
        case Verdict.SENT_BACK:
            return AlreadyDecided(
                "You have already sent this message back, on %(when)s.", when=when
            )


def first_stands(first: Decision) -> AlreadyDecided:
    """Return the refusal for an approver who answers differently than before."""
    when = first.decided_at
    match first.verdict:
        case Verdict.APPROVED:
            return AlreadyDecided(
                "You have already approved this message, on %(when)s. Your first answer stands.",
                when=when,
            )
        case Verdict.REJECTED:
            return AlreadyDecided(
                "You have already rejected this message, on %(when)s. Your first answer stands.",
                when=when,
            )
        case Verdict.SENT_BACK:
            return AlreadyDecided(
                "You have already sent this message back, on %(when)s. Your first answer stands.",
                when=when,
            )


def carry_out(session: Session, request: ModerationRequest, decision: Decision) -> None:
    """Carry out a decision: move the message, notify its author and the other approvers."""
    message = request.message
    people = dict.fromkeys([*asked_approvers(request), decision.for_whom])
    others = [user for user in people if user and user != decision.approver]
    notify(session, others, LetterName.DECIDED, message=message, request=request)
    act, letter = OUTCOMES[decision.verdict]
    actor = Actor(decision.approver, decision.via)
    facts = {"request_id": request.id, **decision.detail}
    record(session, act, actor=actor, **facts, **message.place)
    match decision.verdict:
        case Verdict.APPROVED:
            message.move(MessageState.SCHEDULED, MessageState.IN_MODERATION)
            content_hash = request.content_hash
            schedule(session, message, content_hash=content_hash, request_id=request.id)
        case Verdict.REJECTED:
            message.move(MessageState.REJECTED)
        case Verdict.SENT_BACK:
            keep_content(session, request)
            message.move(MessageState.DRAFT, MessageState.IN_MODERATION)
    notify(session, [message.author], letter, message=message, request=request)


def checked_comment(comment: str) -> str:
    """Return the comment, stripped; raise Invalid if it is too long or holds a NUL."""
    if len(comment) > COMMENT_LENGTH or "\0" in comment:
        raise Invalid(
            "A comment may have at most %(most)d characters, and no NUL.",
            most=COMMENT_LENGTH,
        )
    return comment.strip()
