"""Handle inbound mail: classify it, and decide only if it is a clear answer."""

import logging
from collections.abc import Collection, Sequence

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from models import (
    Actor,
    ApproverKeys,
    Door,
    InboundMail,
    InboundMailState,
    Invalid,
    LetterName,
    RequestState,
    Trespass,
    User,
    record_refusal,
)
from models.addresses import checked_address
from notifications.automatic.detect import is_automatic
from notifications.letters.keys import Keys
from notifications.mime.envelope import wire_address
from notifications.mime.header_lines import mailboxes, split_mail
from notifications.replies.parse import Reading, read_reply
from workflows.inbound.answers import write_back
from workflows.inbound.returned import handle_returned
from workflows.inbound.stored_mail import delivered_before
from workflows.moderation.approver_keys import keys_by_reply
from workflows.moderation.approvers import NotAnApprover
from workflows.moderation.decide import AlreadyDecided, NoLongerOpen, decide
from workflows.subscriptions.one_click import unsubscribe_by_token
from workflows.subscriptions.tokens import TokenOwner, find_owner_by_address

log = logging.getLogger(__name__)


def handle(
    session: Session,
    mail: InboundMail,
    *,
    own_addresses: Collection[str],
    keys: Keys,
    bounce_days: int = 0,
) -> None:
    """Act on the mail if it is clear; its `outcome` says what was done.

    A subscription is suspended after bounces on `bounce_days` days; with 0, never.
    """
    try:
        with session.begin_nested():
            returned = handle_returned(session, mail, bounce_days=bounce_days)
            mail.outcome = returned or outcome(session, mail, own_addresses, keys=keys)
    except OperationalError:
        raise  # the database is unavailable: the sweep publishes the mail again
    except Exception as failure:  # a mail that breaks the parser must not be retried forever
        log.exception("mail stuck", extra={"mail": mail.id})
        mail.outcome = type(failure).__name__
        mail.move(InboundMailState.STUCK)
    else:
        mail.move(InboundMailState.HANDLED)


def outcome(
    session: Session, mail: InboundMail, own_addresses: Collection[str], *, keys: Keys
) -> str:
    """Act on the mail and return what was done, as a phrase for the operator."""
    # Automatic or not: mailbox providers send such mails when their user presses a button.
    if owner := find_owner_by_address(session, mail.envelope_recipient):
        return leave(session, owner)
    # Neither decides nor is answered (RFC 3834), or two machines would write to each other.
    if reason := is_automatic(mail.raw, mail.envelope_sender, own_addresses=own_addresses):
        return f"ignored: {reason}"
    used = keys_by_reply(session, mail.envelope_recipient, keys)
    if used is None:
        return "ignored: unknown reply address"
    if not written_by(mail, used.user):
        return refuse(session, mail, used)
    return answer(session, mail, used)


def leave(session: Session, owner: TokenOwner) -> str:
    """Unsubscribe the person whom the address names, without an answer."""
    try:
        left = unsubscribe_by_token(session, owner)
    except Trespass as refusal:
        record_refusal(session, refusal)
        return f"refused: {refusal}"
    return "unsubscribed" if left else "not subscribed"


def written_by(mail: InboundMail, user: User) -> bool:
    """Return whether the only From address is the user's: a reply address may leak."""
    found = authors(mail)
    return len(found) == 1 and is_address_of(user, found[0])


def authors(mail: InboundMail) -> list[str]:
    """Return the From addresses, in lower case; none if they are ambiguous."""
    return [
        address.lower()
        for field in split_mail(mail.raw).fields
        if field.name == "from"
        for address in mailboxes(field.value.decode("utf-8", "replace"))
    ]


def is_address_of(user: User, address: str) -> bool:
    """Return whether this is the user's address; the domain may be in its ASCII form (RFC 5890)."""
    own = user.address.lower()
    return address in (own, wire_address(own))


def refuse(session: Session, mail: InboundMail, keys: ApproverKeys) -> str:
    """Tell the approver once that another sender used the reply address, and record it once.

    That sender gets no answer.
    """
    message = keys.request.message
    refusal = Trespass(
        "Someone else wrote to the reply address of %(user)s.",
        user=keys.user,
        via=Door.MAIL,
        **message.place,
    )
    others = [each for each in authors(mail) if not is_address_of(keys.user, each)]
    sender = showable(others)
    if not write_back(session, keys, LetterName.OTHER_SENDER, sender=sender):
        return f"refused again: {refusal}"
    record_refusal(session, refusal)
    return f"refused: {refusal}"


def showable(addresses: Sequence[str]) -> str:
    """Return the first address, or "" if it is not a valid one: its writer chose every sign."""
    try:
        return checked_address(addresses[0]) if addresses else ""
    except Invalid:
        return ""


def answer(session: Session, mail: InboundMail, keys: ApproverKeys) -> str:
    """Decide as the approver wrote, or reply that nothing was done and why."""
    request, user = keys.request, keys.user
    reply = read_reply(mail.raw, name=user.name)
    if reply.verdict is None:
        return explain(session, mail, keys, reply)
    try:
        decide(session, request, reply.verdict, actor=Actor(user, Door.MAIL), comment=reply.comment)
    except NotAnApprover as refusal:
        record_refusal(session, refusal)
        return too_late(session, mail, keys, reply)
    except (AlreadyDecided, NoLongerOpen):
        return too_late(session, mail, keys, reply)
    return reply.verdict


def explain(session: Session, mail: InboundMail, keys: ApproverKeys, reply: Reading) -> str:
    """Reply why the mail was not understood and how to answer, if the approver still can."""
    if keys.request.state is not RequestState.OPEN or keys.user not in keys.request.approvers():
        return too_late(session, mail, keys, reply)
    assert reply.why is not None
    facts = {"quote": reply.quote, "why": reply.why.value}
    return reply_with(session, keys, LetterName.NOT_UNDERSTOOD, **facts)


def too_late(session: Session, mail: InboundMail, keys: ApproverKeys, reply: Reading) -> str:
    """Reply who decided first; tell the first approver that their answer counts."""
    first = keys.request.decision
    if first is None or first.approver != keys.user:
        return reply_with(session, keys, LetterName.TOO_LATE)
    if delivered_before(session, mail):
        return "repeated"
    given = reply.verdict.value if reply.verdict else ""
    return reply_with(session, keys, LetterName.REPEATED, answer=given)


def reply_with(session: Session, keys: ApproverKeys, letter: LetterName, **facts: str) -> str:
    """Write back, and return the letter's name and whether it was sent."""
    sent = write_back(session, keys, letter, **facts)
    return letter.value if sent else f"not sent again: {letter.value}"
