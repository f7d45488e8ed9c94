"""Handle inbound mail: classify it, and decide only if it is a clear answer."""

import re
from collections.abc import Collection

import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from models import (
    Actor,
    ApproverKeys,
    Channel,
    Door,
    InboundMail,
    InboundMailState,
    LetterName,
    Notification,
    RequestState,
    Trespass,
    User,
    Verdict,
    record_refusal,
)
from models.ids import row_id
from notifications.automatic.bounces import Bounce, failed_recipient
from notifications.automatic.detect import is_automatic
from notifications.mime.envelope import wire_address
from notifications.mime.header_lines import mailboxes, split_mail
from notifications.replies.parse import Reading, read_reply
from workflows.moderation.approver_keys import keys_by_reply
from workflows.moderation.decide import AlreadyDecided, NoLongerOpen, NotAnApprover, decide
from workflows.notify import notify, report

log = structlog.get_logger()

# The Message-ID that notifications/letters/composition.py gives.
OUR_LETTER = re.compile(r"<notification\.(\d+)@")


def handle(session: Session, mail: InboundMail, *, own_addresses: Collection[str]) -> None:
    """Act on the mail if it is clear; its `outcome` says what was done."""
    try:
        with session.begin_nested():
            mail.outcome = outcome(session, mail, own_addresses)
    except OperationalError:
        raise  # the database is unavailable: the sweep publishes the mail again
    except Exception as failure:  # a mail that breaks the parser must not be retried forever
        log.exception("mail stuck", mail=mail.id)
        mail.outcome = type(failure).__name__
        mail.move(InboundMailState.STUCK)
    else:
        mail.move(InboundMailState.HANDLED)


def outcome(session: Session, mail: InboundMail, own_addresses: Collection[str]) -> str:
    """Act on the mail and return what was done, as a phrase for the operator."""
    # Only mail servers send with an empty envelope sender (RFC 5321, 4.5.5), so anything else that
    # looks like a bounce may be forged.
    if not mail.envelope_sender and (returned := failed_recipient(mail.raw)):
        return take_back(session, returned)
    # Neither decides nor is answered (RFC 3834), or two machines would write to each other.
    if reason := is_automatic(mail.raw, mail.envelope_sender, own_addresses=own_addresses):
        return f"ignored: {reason}"
    keys = keys_by_reply(session, mail.envelope_recipient)
    if keys is None:
        return "ignored: nobody's reply address"
    if not written_by(mail, keys.user):
        return refuse(session, keys)
    return answer(session, keys, read_reply(mail.raw, name=keys.user.name))


def written_by(mail: InboundMail, user: User) -> bool:
    """Return whether the only From address is the user's: a reply address may leak."""
    authors = [
        address.lower()
        for field in split_mail(mail.raw).fields
        if field.name == "from"
        for address in mailboxes(field.value.decode("utf-8", "replace"))
    ]
    # Mail programs write a domain in Unicode or in its ASCII form (RFC 5890).
    address = user.address.lower()
    return authors in ([address], [wire_address(address)])


def refuse(session: Session, keys: ApproverKeys) -> str:
    """Record that another sender used the reply address; that sender gets no answer."""
    message = keys.request.message
    refusal = Trespass(
        "Someone else wrote to the reply address of %(user)s.",
        user=keys.user,
        via=Door.MAIL,
        **message.place,
    )
    record_refusal(session, refusal)
    return f"refused: {refusal}"


def answer(session: Session, keys: ApproverKeys, reply: Reading) -> str:
    """Decide as the approver wrote, or reply that nothing was done and how to answer."""
    request, user = keys.request, keys.user
    if reply.verdict is None:
        # Do not explain how to reply once the request is closed.
        may_answer = request.state is RequestState.OPEN and user in request.approvers()
        letter = LetterName.NOT_UNDERSTOOD if may_answer else LetterName.TOO_LATE
        return write_back(session, keys, letter)
    try:
        decide(session, request, reply.verdict, actor=Actor(user, Door.MAIL), comment=reply.comment)
    except NotAnApprover as refusal:
        record_refusal(session, refusal)
        return write_back(session, keys, LetterName.TOO_LATE)
    except (AlreadyDecided, NoLongerOpen):
        if said_before(keys, reply.verdict):
            return "repeated"
        return write_back(session, keys, LetterName.TOO_LATE)
    return reply.verdict


def said_before(keys: ApproverKeys, verdict: Verdict) -> bool:
    """Return whether this answer was the first one: a server may deliver a mail twice."""
    first = keys.request.decision
    return first is not None and (first.approver, first.verdict) == (keys.user, verdict)


def write_back(session: Session, keys: ApproverKeys, letter: LetterName) -> str:
    """Reply with a letter, and return its name."""
    request = keys.request
    notify(session, [keys.user], letter, message=request.message, request=request)
    return letter.value


def take_back(session: Session, returned: Bounce) -> str:
    """Record the bounce of a letter; after a failure try the user's other channel."""
    ours = OUR_LETTER.search(returned.message_id or "")
    number = row_id(ours[1]) if ours else None
    notification = session.get(Notification, number) if number else None
    if notification is None or notification.channel is not Channel.EMAIL:
        return "ignored: a bounce of something else"
    if returned.action == "failed":
        why = f"bounced ({returned.status or 'no status'})"
        report(session, notification, delivered=False, why=why)
    return f"bounce of letter {notification.id}"
