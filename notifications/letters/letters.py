"""Every kind of letter: the variables of its templates, its attachment, and when it is moot."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import object_session

from models import (
    Dispatch,
    DispatchState,
    Failure,
    LetterName,
    MailedLink,
    MessageState,
    Notification,
)
from models.clock import now
from notifications.letters.about import (
    approver_keys_of,
    message_of,
    request_closed,
    request_of,
)
from notifications.letters.context import LetterContext
from notifications.letters.digest import digest_variables, digested
from notifications.letters.keys import hashed
from notifications.letters.reply_reasons import reason
from notifications.letters.subscription_letters import (
    none_suspended,
    subscription_answer_variables,
    subscription_request_closed,
    subscription_request_variables,
    suspended_variables,
)
from notifications.mime.list_mail import example_copy
from notifications.replies.parse import Why
from notifications.wording.change_words import Reader, change_words
from notifications.wording.deciders import decider
from notifications.wording.failures import failure_sentence, readable_stderr
from notifications.wording.languages import format_day, format_moment
from notifications.wording.sendout_words import pace_words, window_words
from notifications.wording.split_words import split_lines

Variables = Mapping[str, Any]


@dataclass(frozen=True)
class Letter:
    """One kind of letter; its templates are in templates/<name>/."""

    name: LetterName
    # The variables of its templates, besides `shared_variables`.
    variables: Callable[[Notification, LetterContext], Variables] = lambda *_: {}
    # The mails that it carries as attachments (RFC 5322 bytes).
    attachments: Callable[[Notification, LetterContext], Sequence[bytes]] = lambda *_: ()
    # Whether events have overtaken the letter, so that it is not sent.
    moot: Callable[[Notification], bool] = lambda _: False


def shared_variables(notification: Notification, context: LetterContext) -> Variables:
    """Return the variables that every letter has."""
    variables: Variables = {"recipient": notification.user.name, **notification.detail}
    if notification.message is None:
        return variables
    return {**variables, **message_variables(notification, context)}


def message_variables(notification: Notification, context: LetterContext) -> Variables:
    """Describe the message that the letter is about."""
    message = message_of(notification)
    rules, language = message.rules_in_force, notification.user.language
    return {
        "author": message.author.name,
        "list": message.mailing_list.short_name,
        "list_name": message.mailing_list.name,
        "subject": message.subject,
        "message_id": message.id,
        "rest_of": message.rest_of_id,
        "personal_fields": message.personal_fields,
        "send_at": message.send_at and send_time(notification, message.send_at, context),
        "rate": pace_words(rules, language) if rules.rate or rules.span else None,
        "split": split_lines(
            message, language, lambda moment: local_time(notification, moment, context)
        ),
        "window": rules.windows and window_words(rules.windows, context.time_zone, language),
    }


def send_time(notification: Notification, due_at: datetime, context: LetterContext) -> str | None:
    """Return when a message that is due at `due_at` is sent, as its window allows.

    None means now, or that the rules leave no time at all.
    """
    rules, moment = message_of(notification).rules_in_force, now()
    if rules.leave_no_time:
        return None
    opens_at = rules.opening(max(due_at, moment), context.time_zone)
    return local_time(notification, opens_at, context) if opens_at > moment else None


def request_variables(notification: Notification, context: LetterContext) -> Variables:
    """Return what an approver needs to answer; store the hashes of the keys."""
    request, approver_keys = request_of(notification), approver_keys_of(notification)
    approver_keys.reply_hash = hashed(context.keys.reply_token(approver_keys.id))
    approver_keys.link_hash = hashed(context.keys.link_token(approver_keys.id))
    subject = f"Re: {message_of(notification).subject}"
    return {
        "request_id": request.id,
        "asked_at": local_time(notification, request.asked_at, context),
        "code": context.keys.code(approver_keys.id),
        "sms_decision": context.sms_decision,
        "reply_address": context.reply_to(approver_keys.id),
        "approve_by_mail": context.mailto(approver_keys.id, subject=subject, verb="OK"),
        "reject_by_mail": context.mailto(approver_keys.id, subject=subject, verb="NO: "),
        "send_back_by_mail": context.mailto(approver_keys.id, subject=subject, verb="CHANGES: "),
        "link": context.link(approver_keys.id),
        # An SMS does not prove who opens its link, so this one requires a log-in.
        "page": context.page(request.id),
        "absence": absence_variable(notification),
    }


def absence_variable(notification: Notification) -> Variables | None:
    """Return for whom a deputy is asked, and that person's last day away; None for an approver."""
    absent, last_day = (notification.detail.get(fact) for fact in ("absent", "last_day"))
    if not absent or not last_day:
        return None
    day = format_day(date.fromisoformat(last_day), notification.user.language)
    return {"name": absent, "last_day": day}


def moderate_variables(notification: Notification, context: LetterContext) -> Variables:
    """Return what an approver needs to answer, and what has changed since a send-back, or None."""
    request, language = request_of(notification), notification.user.language
    sent_back = request.follows and request.follows.decision
    reader = Reader(language, lambda moment: local_time(notification, moment, context))
    return {
        **request_variables(notification, context),
        "sent_back_by": sent_back and decider(sent_back, language),
        "sent_back_comment": sent_back and sent_back.comment,
        "changes": None if request.changes is None else change_words(request.changes, reader),
    }


def not_understood_variables(notification: Notification, context: LetterContext) -> Variables:
    """Return what was read, why it was not understood, and what is needed to answer."""
    # A letter from before an upgrade has neither.
    why = Why(notification.detail.get("why", Why.NO_ANSWER))
    return {
        **request_variables(notification, context),
        "quote": notification.detail.get("quote", ""),
        "reason": reason(why, notification.user.language),
    }


def other_sender_variables(notification: Notification, context: LetterContext) -> Variables:
    """Return the two addresses, and what is needed to answer from the right one."""
    return {
        **request_variables(notification, context),
        "address": notification.user.address,
        "open": not request_closed(notification),
    }


def decision_variables(notification: Notification, context: LetterContext) -> Variables:
    """Return who decided what, when and why; None for each while nobody has decided."""
    request = request_of(notification)
    decision = request.decision
    return {
        "state": request.state.value,
        "approver": decision and decider(decision, notification.user.language),
        "verdict": decision and decision.verdict.value,
        "comment": decision and decision.comment,
        "decided_at": decision and local_time(notification, decision.decided_at, context),
    }


def sent_back_variables(notification: Notification, context: LetterContext) -> Variables:
    """Return the decision, and where its author changes the draft."""
    page = context.message_page(message_of(notification).id)
    return {**decision_variables(notification, context), "page": page}


def approval_variables(notification: Notification, context: LetterContext) -> Variables:
    """Return the decision, and when the approved message is sent."""
    due_at = message_of(notification).send_at or now()
    return {
        **decision_variables(notification, context),
        "send_at": send_time(notification, due_at, context),
    }


def link_variables(notification: Notification, context: LetterContext) -> Variables:
    """Return the link and when it expires; store the hash of its token."""
    link = link_of(notification)
    link.token_hash = hashed(context.keys.mailed_token(link.id))
    return {
        "link": context.mailed_link(link.id),
        "expires_at": local_time(notification, link.expires_at, context),
    }


def account_variables(_notification: Notification, _context: LetterContext) -> Variables:
    """Mark the letter as one about the recipient's own account."""
    return {"account": True}


def recovery_variables(notification: Notification, _context: LetterContext) -> Variables:
    """Return how many recovery codes were left."""
    return {"account": True, "left": notification.detail["left"]}


def expiry_variables(notification: Notification, _context: LetterContext) -> Variables:
    """Return whether the recipient is the author; approvers get another text."""
    return {"to_author": notification.user == message_of(notification).author}


def stopped_variables(notification: Notification, context: LetterContext) -> Variables:
    """Return where the author sees how many copies were sent."""
    return {"page": context.message_page(message_of(notification).id)}


def doubts_variables(notification: Notification, context: LetterContext) -> Variables:
    """Return where the copies in doubt are listed."""
    return {"page": context.doubts_page(message_of(notification).id)}


def winner_variables(notification: Notification, context: LetterContext) -> Variables:
    """Return where the winner can be chosen."""
    return {"page": context.message_page(message_of(notification).id)}


def phone_lock_variables(notification: Notification, context: LetterContext) -> Variables:
    """Return where an administrator can remove the phone number."""
    user_id = notification.detail.get("user_id")
    # A letter from before an upgrade does not have the id.
    return {"page": context.person_page(user_id) if user_id else context.public_url}


def held_push_variables(notification: Notification, context: LetterContext) -> Variables:
    """Return where the push can be confirmed."""
    list_id = notification.detail.get("list_id")
    # A letter from before an upgrade does not have the id.
    return {"page": context.held_push_page(list_id) if list_id else context.public_url}


def failed_push_variables(notification: Notification, _context: LetterContext) -> Variables:
    """Return why the push failed, and what the command wrote."""
    detail = notification.detail
    failure, language = Failure(detail["failure"]), notification.user.language
    return {
        "reason": failure_sentence(failure, detail["exit_status"], language),
        "stderr": readable_stderr(detail["stderr"]),
    }


def message_as_sent(notification: Notification, context: LetterContext) -> Sequence[bytes]:
    """Return the message as recipients will get it, with an example of their own link.

    Of a split message, that is each variant.
    """
    versions = message_of(notification).versions
    return [example_copy(one, context.mailer.copy_settings) for one in versions]


def message_as_written(notification: Notification, _context: LetterContext) -> Sequence[bytes]:
    """Return the message as its author submitted it, with its variants."""
    return [one.raw for one in message_of(notification).versions]


def message_discarded(notification: Notification) -> bool:
    """Tell whether the message no longer exists."""
    return message_of(notification).state is MessageState.DISCARDED


def winner_known(notification: Notification) -> bool:
    """Tell whether the split message needs no choice any more."""
    session = object_session(notification)
    assert session is not None
    waits = select(Dispatch.id).where(
        Dispatch.message_id == notification.message_id,
        Dispatch.winner_id.is_(None),
        Dispatch.state.in_([DispatchState.SENDING, DispatchState.STOPPED]),
    )
    return session.scalar(waits) is None


def link_over(notification: Notification) -> bool:
    """Tell whether the link has expired or was used."""
    return link_of(notification).over


def local_time(notification: Notification, moment: datetime, context: LetterContext) -> str:
    """Return a time in the recipient's language and time zone."""
    user = notification.user
    zone = ZoneInfo(user.time_zone) if user.time_zone else context.time_zone
    return format_moment(moment, user.language, zone)


def link_of(notification: Notification) -> MailedLink:
    """Return the link that the letter contains."""
    assert notification.link is not None
    return notification.link


LETTERS = {
    letter.name: letter
    for letter in (
        Letter(LetterName.MODERATE, moderate_variables, message_as_sent, request_closed),
        Letter(LetterName.REMINDER, moderate_variables, message_as_sent, request_closed),
        Letter(LetterName.DIGEST, digest_variables, moot=lambda one: not digested(one)),
        Letter(LetterName.DECIDED, decision_variables),
        Letter(LetterName.WITHDRAWN),
        Letter(LetterName.EXPIRED, expiry_variables),
        Letter(LetterName.APPROVED, approval_variables),
        Letter(LetterName.REJECTED, decision_variables, message_as_written),
        Letter(LetterName.SENT_BACK, sent_back_variables),
        Letter(LetterName.RETURNED, attachments=message_as_written),
        Letter(LetterName.STOPPED, stopped_variables, message_as_written),
        Letter(LetterName.DOUBTS, doubts_variables),
        Letter(LetterName.WINNER, winner_variables, moot=winner_known),
        Letter(LetterName.PROOF, attachments=message_as_sent, moot=message_discarded),
        Letter(LetterName.NOT_UNDERSTOOD, not_understood_variables, moot=request_closed),
        Letter(LetterName.TOO_LATE, decision_variables),
        Letter(LetterName.REPEATED, decision_variables),
        Letter(LetterName.OTHER_SENDER, other_sender_variables),
        Letter(LetterName.PHONE_LOCKED, phone_lock_variables),
        Letter(LetterName.SUSPENDED, suspended_variables, moot=none_suspended),
        Letter(
            LetterName.SUBSCRIPTION_REQUEST,
            subscription_request_variables,
            moot=subscription_request_closed,
        ),
        Letter(LetterName.SUBSCRIPTION_ANSWER, subscription_answer_variables),
        Letter(LetterName.SYNC_HELD, held_push_variables),
        Letter(LetterName.SYNC_FAILING, failed_push_variables),
        Letter(LetterName.SYNC_RECOVERED),
        Letter(LetterName.LOG_IN, link_variables, moot=link_over),
        Letter(LetterName.RESET, link_variables, moot=link_over),
        Letter(LetterName.INVITATION, link_variables, moot=link_over),
        Letter(LetterName.CONFIRM_ADDRESS, link_variables, moot=link_over),
        Letter(LetterName.PASSWORD_CHANGED, account_variables),
        Letter(LetterName.ADDRESS_CHANGED, account_variables),
        Letter(LetterName.RECOVERY_CODE_USED, recovery_variables),
    )
}
