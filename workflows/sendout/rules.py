"""Set at which rate and in which daily window copies leave: of a list, and of one message in it."""

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

# Of a list's row, and of a message's.
COLUMNS = ("rate_copies", "rate_minutes", "window_opens", "window_closes")


def set_sendout_rules(
    session: Session, mailing_list: MailingList, rules: SendoutRules, *, actor: Actor
) -> bool:
    """Have these rules, and no others, count for every sendout of the list, from the next batch on.

    False if they did before.  Raises Trespass without Right 402, Invalid if a message on its way
    could never go out.
    """
    require(actor, Right.EDIT_LISTS, list_id=mailing_list.id)
    lock_list(session, mailing_list)
    if rules == mailing_list.sendout_rules:
        return False
    for message in with_a_window(session, mailing_list):
        if (rules & message.sendout_rules).leave_no_time:
            raise Invalid(
                "Message %(number)d may go out only at %(window)s, and the list's new window would "
                "leave it no time. Have the message rescheduled or recalled first.",
                number=message.id,
                window=told(message.sendout_rules),
            )
    mailing_list.sendout_rules = rules
    record(session, Act.SET_SENDOUT_RULES, actor=actor, list_id=mailing_list.id, **facts(rules))
    look_anew(session, mailing_list)
    return True


def choose_rules(message: Message, rules: SendoutRules) -> None:
    """Give a message rules of its own within those of its list.

    Raises Invalid for a faster rate than the list's, or a window that is never open with it.
    """
    at_most, rate = message.mailing_list.sendout_rules.rate, rules.rate
    if at_most and rate and (rate.copies > at_most.copies or rate.minutes < at_most.minutes):
        raise Invalid(
            "The list lets out at most %(copies)d copies in %(minutes)d minutes: choose no more "
            "copies, and no fewer minutes.",
            copies=at_most.copies,
            minutes=at_most.minutes,
        )
    require_time(message, rules)
    message.sendout_rules = rules


def require_time(message: Message, rules: SendoutRules) -> None:
    """Raise Invalid unless these rules of the message's own leave it time in its list's window."""
    if (message.mailing_list.sendout_rules & rules).leave_no_time:
        raise Invalid(
            "The message may go out only at %(window)s, and the list's window is %(other)s: they "
            "have no time in common.",
            window=told(rules),
            other=told(message.mailing_list.sendout_rules),
        )


def require_time_still(session: Session, message: Message) -> None:
    """The same for the rules that a message was given before; raises Archived, too.

    Held from here on, or whoever gives it others at this moment would not be asked about them.
    """
    session.flush()  # or what this session has changed would be forgotten
    session.refresh(message, COLUMNS, with_for_update={"key_share": True})
    if message.sendout_rules.windows:
        hold_rules(session, message.mailing_list)
        require_time(message, message.sendout_rules)


def hold_rules(session: Session, mailing_list: MailingList) -> None:
    """Have the list keep the rules it has now until this transaction ends; raises Archived.

    Before any lock on a sendout, as whoever sets the list's rules does it.
    """
    require_open(session, mailing_list)
    session.refresh(mailing_list, COLUMNS)


def facts(rules: SendoutRules) -> dict[str, Any]:
    """What the audit trail keeps of rules: "60/1" copies in minutes, "22:00-06:00"."""
    return {"rate": str(rules.rate or ""), "window": told(rules)}


def told(rules: SendoutRules) -> str:
    """The windows, as in "08:00-20:00"; nothing without any."""
    return ", ".join(map(str, rules.windows or ()))


def with_a_window(session: Session, mailing_list: MailingList) -> list[Message]:
    """The list's messages on their way that have a window of their own."""
    found = select(Message).where(
        Message.list_id == mailing_list.id,
        Message.state.in_(ON_THEIR_WAY),
        Message.window_opens.is_not(None),
    )
    return list(session.scalars(found))


def look_anew(session: Session, mailing_list: MailingList) -> None:
    """Have each unfinished sendout ask the rules again, however long the old ones bade it wait."""
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
