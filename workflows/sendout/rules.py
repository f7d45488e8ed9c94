"""Set the rate, the span and the daily window of sendouts, for a list or for one message."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    Dispatch,
    DispatchState,
    Invalid,
    MailingList,
    Message,
    Right,
    SendoutRules,
    record,
)
from models.clock import now
from models.messages import ON_THEIR_WAY
from workflows.access import lock_list, require, require_open

# Of a split message; its variants cannot change unless these do.
SPLIT_COLUMNS = ("send_at", "share", "share_unit", "rest_at", "winner_id")

# On both MailingList and Message.
RULE_COLUMNS = ("rate_copies", "rate_minutes", "window_opens", "window_closes", "span_minutes")


def set_sendout_rules(
    session: Session, mailing_list: MailingList, rules: SendoutRules, *, actor: Actor
) -> bool:
    """Set the rules for every sendout of the list, from the next batch on.

    Returns False if they were the same before.  Raises Trespass without Right 402, Invalid if an
    unfinished message could then never be sent.
    """
    require(actor, Right.EDIT_LISTS, list_id=mailing_list.id)
    lock_list(session, mailing_list)
    if rules == mailing_list.sendout_rules:
        return False
    for message in unfinished_with_window(session, mailing_list):
        if (rules & message.sendout_rules).leave_no_time:
            raise Invalid(
                "Message %(number)d may be sent only at %(window)s, and the list's new window does "
                "not overlap with that. Have the message rescheduled or recalled first.",
                number=message.id,
                window=window_text(message.sendout_rules),
            )
    mailing_list.sendout_rules = rules
    record(
        session, Act.SET_SENDOUT_RULES, actor=actor, list_id=mailing_list.id, **audit_detail(rules)
    )
    apply_to_unfinished(session, mailing_list)
    return True


def choose_rules(message: Message, rules: SendoutRules) -> None:
    """Set a message's own rules, within those of its list.

    Raises Invalid for a faster rate or a shorter span than the list's, or a window that does not
    overlap the list's.
    """
    limit, rate = message.mailing_list.sendout_rules.rate, rules.rate
    if limit and rate and (rate.copies > limit.copies or rate.minutes < limit.minutes):
        raise Invalid(
            "The list allows at most %(copies)d copies in %(minutes)d minutes: choose no more "
            "copies and no fewer minutes.",
            copies=limit.copies,
            minutes=limit.minutes,
        )
    least, span = message.mailing_list.sendout_rules.span, rules.span
    if least and span and span.minutes < least.minutes:
        raise Invalid(
            "The list spreads each sendout over %(minutes)d minutes: choose no fewer.",
            minutes=least.minutes,
        )
    require_overlap(message, rules)
    message.sendout_rules = rules


def require_overlap(message: Message, rules: SendoutRules) -> None:
    """Raise Invalid unless the windows of these rules and of the message's list overlap."""
    if (message.mailing_list.sendout_rules & rules).leave_no_time:
        raise Invalid(
            "The message may be sent only at %(window)s, and the list's window is %(other)s: "
            "they do not overlap.",
            window=window_text(rules),
            other=window_text(message.mailing_list.sendout_rules),
        )


def lock_and_require_overlap(session: Session, message: Message) -> None:
    """Lock the message's own rules, and `require_overlap` for them; raises Archived, too.

    Of a split message, the plan must leave time between the variants and the rest.

    Without the lock, another session could change the rules between this check and the commit.
    """
    session.flush()  # a refresh would discard unwritten changes
    columns = [*RULE_COLUMNS, *SPLIT_COLUMNS]
    session.refresh(message, columns, with_for_update={"key_share": True})
    session.expire(message, ["variants"])
    require_rest_later(message.send_at, message.rest_at)
    if message.sendout_rules.windows:
        lock_rules(session, message.mailing_list)
        require_overlap(message, message.sendout_rules)


def require_rest_later(send_at: datetime | None, rest_at: datetime | None) -> None:
    """Raise Invalid unless the rest of a split message is sent after its variants."""
    if rest_at is not None and rest_at <= max(now(), send_at or now()):
        raise Invalid("The winner goes out after the variants: choose a later time for it.")


def lock_rules(session: Session, mailing_list: MailingList) -> None:
    """Lock the list's rules until this transaction ends; raises Archived.

    Lock them before any Dispatch: `set_sendout_rules` locks in this order.
    """
    require_open(session, mailing_list)
    session.refresh(mailing_list, RULE_COLUMNS)


def audit_detail(rules: SendoutRules) -> dict[str, Any]:
    """Return the rules as `detail` of an audit entry.

    "60/1" (copies/minutes), "22:00-06:00", "180" (minutes).
    """
    detail = {"rate": str(rules.rate or ""), "window": window_text(rules)}
    return {**detail, "span": str(rules.span)} if rules.span else detail


def window_text(rules: SendoutRules) -> str:
    """Return the windows as text, such as "08:00-20:00"; empty if there are none."""
    return ", ".join(map(str, rules.windows or ()))


def unfinished_with_window(session: Session, mailing_list: MailingList) -> list[Message]:
    """Return the list's unfinished messages that have a window of their own."""
    found = select(Message).where(
        Message.list_id == mailing_list.id,
        Message.state.in_(ON_THEIR_WAY),
        Message.window_opens.is_not(None),
    )
    return list(session.scalars(found))


def apply_to_unfinished(session: Session, mailing_list: MailingList) -> None:
    """Make each unfinished sendout due at its time or now, so that it applies the new rules."""
    unfinished = (
        select(Dispatch)
        .join(Dispatch.message)
        .where(
            Message.list_id == mailing_list.id,
            Dispatch.state.in_([DispatchState.WAITING, DispatchState.SENDING]),
        )
        .with_for_update(of=Dispatch)
        .execution_options(populate_existing=True)
    )
    for dispatch in session.scalars(unfinished):
        dispatch.postpone(max(now(), dispatch.message.send_at or now()))
