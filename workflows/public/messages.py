"""Write, submit and recall a message, and read its status, from another service."""

from base64 import b64decode
from binascii import Error
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import Field
from sqlalchemy.orm import Session

from models import (
    Actor,
    DispatchState,
    Door,
    Invalid,
    MailingList,
    Message,
    ModerationRequest,
    Scope,
    SendoutRules,
    ShareUnit,
    User,
    Verdict,
)
from models.local_time import instant_of
from models.messages import VARIANT_LETTERS
from notifications.mime.compose import TypedMessage, compose_mail
from notifications.mime.markdown import html_of_markdown
from settings import settings
from workflows.messages.split import Split, split
from workflows.messages.write import Draft, hand_in, message_by_id, require_sensible, write
from workflows.people.contacts import known_zone
from workflows.public.call import (
    LIST,
    PARCEL,
    AList,
    Answer,
    Arguments,
    Call,
    Id,
    Person,
    Query,
    Rule,
    ShortName,
    Text,
    private,
)
from workflows.public.caller import Caller
from workflows.public.declare import public
from workflows.public.moderation import States, states
from workflows.queries.message_status import find_newest_dispatch, find_newest_request
from workflows.sendout import schedule
from workflows.sendout.claim import count_by_state


class TextFormat(StrEnum):
    """How a text is written."""

    PLAIN = "plain"
    MARKDOWN = "markdown"


# No mail program shows more of one.
Subject = Annotated[Text, Field(max_length=1000)]


class Content(Arguments):
    """What a message says: a whole mail, or its subject and text."""

    raw_base64: Text | None = private(
        None, description="A whole mail (RFC 5322) in base64, in place of the next four"
    )
    subject: Subject = private("", description="The subject")
    text: Text = private("", description="The text")
    text_format: TextFormat = private(
        TextFormat.PLAIN,
        description="`markdown` (CommonMark): the text is also sent as HTML; any HTML in it is "
        "shown as text",
    )
    html: Text = private("", description="The HTML part; beside a text in Markdown refused")


class Variant(Content):
    """Another version of a message, which this share of the list gets."""

    share: int = Field(description="In the unit `share_unit`")


Variants = Annotated[list[Variant], Field(max_length=len(VARIANT_LETTERS) - 1)]


class SubmitMessage(Content, Call):
    """Write a message to a list, and submit it or leave it a draft.

    It is submitted as from the author: with Right 601 it goes to its schedule, otherwise to the
    approvers.  A draft is submitted later by `listgate.request_approval`, or by its author in the
    portal.  Variants are versions of the same message, each for a share of the list; the message
    itself is variant A, and they are B to J in their order.
    """

    list: AList = LIST
    author_id: Person = Field(description="The user who writes it, and may write to the list")
    ask: bool = Field(True, description="false: leave a draft")
    personal_fields: bool = Field(
        False,
        description="Fill in {{ name }}, {{ list }} and {{ unsubscribe_url }} for each recipient",
    )
    send_at: datetime | None = Field(
        None,
        description='With an offset, "2027-01-31T09:00+01:00", or without one in `time_zone`; '
        "null: at once.  A time or a rule needs Right 618 of the author",
    )
    time_zone: ShortName | None = Field(
        None, description="An IANA name such as Europe/Zurich, of the times here"
    )
    rate: Rule | None = Field(None, description='"500/30": at most 500 in 30 minutes')
    window: Rule | None = Field(
        None, description='"22:00-06:00": only then, in the zone of TIME_ZONE'
    )
    evenly: Rule | None = Field(None, description='"3h": spread evenly over 3 hours, or "90m"')
    variants: Variants = private(
        [],
        description="Up to 9 objects with `share`, and `raw_base64` or subject, text and HTML as "
        "for the message",
    )
    share: int | None = Field(None, description="With variants: the share of the message itself")
    share_unit: ShareUnit = Field(
        ShareUnit.PERCENT, description="Of all shares: percent of the list, or copies"
    )
    rest_at: datetime | None = Field(
        None, description="With variants: when everyone else gets the winner; as `send_at`"
    )
    winner: Annotated[str, Field(pattern=f"^[{VARIANT_LETTERS}]$")] | None = Field(
        None, description="The letter of the variant that wins; null: a person chooses"
    )
    parcel: UUID | None = PARCEL


class MessageStatus(Query):
    """Read the status of a message, of the newest request about it, and of its sendout."""

    message_id: Id = Field(description="The message")


class Recall(Call):
    """Take a scheduled message back, or stop one that is being sent."""

    message_id: Id = Field(description="A message that is scheduled or being sent")
    by_id: Person = Field(description="Its author, or a user with Right 601 on its list")


class Submitted(States):
    """A message that was written, and the request about it if approvers were asked."""

    variant_ids: Mapping[str, int] | None = None  # by letter


class DecisionStatus(Answer):
    """An answer to a request; its comment may be private, and is left out."""

    verdict: Verdict
    approver_id: int
    for_id: int | None = None  # for whom a deputy answered
    via: Door
    decided_at: datetime


class SendoutStatus(Answer):
    """The newest sendout of a message; `deliveries` are the numbers of copies by state."""

    state: DispatchState
    due_at: datetime
    recipients: int | None = None
    deliveries: Mapping[str, int]


class Status(States):
    """The status of a message; its subject may be private, and is left out."""

    list: str
    author_id: int
    written_at: datetime
    send_at: datetime | None = None
    time_zone: str | None = None
    rate: str | None = None
    window: str | None = None
    evenly: str | None = None
    variant_of: int | None = None
    asked_at: datetime | None = None
    decision: DecisionStatus | None = None
    sendout: SendoutStatus | None = None


@public("listgate.submit_message", Scope.MESSAGES)
def submit_message(session: Session, caller: Caller, call: SubmitMessage) -> Submitted:
    """Write a message, and submit it."""
    actor = caller.actor(session, call.author_id)
    which = caller.mailing_list(session, call.list)
    rules = SendoutRules().changed(rate=call.rate, window=call.window, span=call.evenly)
    message = write(
        session,
        draft_of(call, call, which=which, author=actor.person),
        actor=actor,
        max_bytes=settings.message_max_bytes,
        send_at=moment(call.send_at, call.time_zone),
        rules=rules,
    )
    variants = add_variants(session, message, call, actor=actor)
    if call.ask:
        hand_in(session, message, actor=actor)
    now = states(message, find_newest_request(session, message))
    return Submitted(**now.model_dump(), variant_ids=variants or None)


@public("listgate.message_status", Scope.READ)
def message_status(session: Session, caller: Caller, call: MessageStatus) -> Status:
    """Read the status of a message."""
    message = message_by_id(session, call.message_id)
    caller.require_own(session, [message.author_id])
    request = find_newest_request(session, message)
    rules = message.sendout_rules
    (window,) = rules.windows or (None,)
    return Status(
        **states(message, request).model_dump(),
        list=message.mailing_list.short_name,
        author_id=message.author_id,
        written_at=message.written_at,
        send_at=message.send_at,
        time_zone=message.send_zone,
        rate=rules.rate and str(rules.rate),
        window=window and str(window),
        evenly=rules.span and str(rules.span),
        variant_of=message.variant_of_id,
        asked_at=request and request.asked_at,
        decision=request and decision_status(request),
        sendout=sendout_status(session, message),
    )


@public("listgate.recall", Scope.MESSAGES)
def recall(session: Session, caller: Caller, call: Recall) -> States:
    """Take a message back."""
    message = message_by_id(session, call.message_id)
    schedule.recall(session, message, actor=caller.actor(session, call.by_id))
    return states(message)


def draft_of(content: Content, call: SubmitMessage, *, which: MailingList, author: User) -> Draft:
    """Return what the author writes; raise Invalid for two contents at once."""
    if content.raw_base64 is not None:
        if content.subject or content.text or content.html:
            raise Invalid("Give either raw_base64, or subject, text and html.")
        raw = bytes_of(content.raw_base64)
        return Draft(which, raw, personal_fields=call.personal_fields)
    html = content.html
    if content.text_format is TextFormat.MARKDOWN:
        if html:
            raise Invalid("A text in Markdown makes the HTML: leave html out.")
        html = html_of_markdown(content.text)
    raw = compose_mail(TypedMessage(content.subject, content.text, html), author)
    return Draft(which, raw, composed=True, personal_fields=call.personal_fields)


def bytes_of(base64: str) -> bytes:
    """Return the bytes, which may be written in lines; raise Invalid."""
    try:
        return b64decode("".join(base64.split()), validate=True)
    except (Error, ValueError):
        raise Invalid("raw_base64: not base64 (nothing was done)") from None


def moment(at: datetime | None, time_zone: str | None) -> datetime | None:
    """Return the time in this zone, which the message remembers; raise Invalid."""
    zone = known_zone(time_zone or "")
    if at is None or not zone:
        return at
    instant = instant_of(at, ZoneInfo(zone))
    require_sensible(instant)
    return instant.astimezone(ZoneInfo(zone))


def add_variants(
    session: Session, message: Message, call: SubmitMessage, *, actor: Actor
) -> dict[str, int]:
    """Write the variants and split the message; return the ids of all by letter, or nothing."""
    if not call.variants and call.share is None and call.rest_at is None and call.winner is None:
        return {}
    if call.share is None:
        raise Invalid("share: a message with variants needs a share of its own")
    most, shares = settings.message_max_bytes, {message.id: call.share}
    for variant in call.variants:
        draft = draft_of(variant, call, which=message.mailing_list, author=message.author)
        shares[write(session, draft, actor=actor, max_bytes=most).id] = variant.share
    letters = dict(zip(VARIANT_LETTERS, shares, strict=False))
    # 0 is no message, so that a letter without a variant is refused.
    winner = None if call.winner is None else letters.get(call.winner, 0)
    rest_at = moment(call.rest_at, call.time_zone)
    split(session, message, Split(shares, call.share_unit, rest_at, winner), actor=actor)
    return letters


def decision_status(request: ModerationRequest) -> DecisionStatus | None:
    """Return the answer to the request, if there is one."""
    decision = request.decision
    if decision is None:
        return None
    return DecisionStatus(
        verdict=decision.verdict,
        approver_id=decision.approver_id,
        for_id=decision.for_id,
        via=decision.via,
        decided_at=decision.decided_at,
    )


def sendout_status(session: Session, message: Message) -> SendoutStatus | None:
    """Return the newest sendout of the message, if there is one."""
    dispatch = find_newest_dispatch(session, message)
    if dispatch is None:
        return None
    return SendoutStatus(
        state=dispatch.state,
        due_at=dispatch.due_at,
        recipients=dispatch.recipients,
        deliveries=count_by_state(session, dispatch),
    )
