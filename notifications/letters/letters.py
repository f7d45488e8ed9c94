"""The letters: what each tells, about which message, with what attached."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from models import (
    Failure,
    Invitation,
    LetterName,
    MailedLink,
    Message,
    MessageState,
    ModerationRequest,
    Notification,
    RequestState,
)
from models.clock import now
from notifications.letters.context import Voice
from notifications.letters.keys import hashed
from notifications.mime.list_headers import outgoing
from notifications.wording.failures import readable, why
from notifications.wording.languages import told
from notifications.wording.sendout_words import rate_words, window_words

Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Letter:
    """One kind of letter; its words are in templates/<name>/."""

    name: LetterName
    # What its templates may say besides `shared`.
    facts: Callable[[Notification, Voice], Facts] = lambda *_: {}
    # The mail that it carries as an attachment (RFC 5322 bytes), if any.
    attachment: Callable[[Notification], bytes | None] = lambda _: None
    # Whether events have overtaken it, so that it had better not be sent.
    moot: Callable[[Notification], bool] = lambda _: False


def shared(notification: Notification, voice: Voice) -> Facts:
    """What every letter may say."""
    facts: Facts = {"recipient": notification.user.name, **notification.detail}
    return facts if notification.message is None else {**facts, **about(notification, voice)}


def about(notification: Notification, voice: Voice) -> Facts:
    """The message that a letter is about."""
    message = message_of(notification)
    rules, language = message.rules_in_force, notification.user.language
    return {
        "author": message.author.name,
        "list": message.mailing_list.short_name,
        "list_name": message.mailing_list.name,
        "subject": message.subject,
        "message_id": message.id,
        "send_at": message.send_at and goes_out(notification, message.send_at, voice),
        "rate": rules.rate and rate_words(rules.rate, language),
        "window": rules.windows and window_words(rules.windows, voice.time_zone, language),
    }


def goes_out(notification: Notification, due_at: datetime, voice: Voice) -> str | None:
    """When the message goes out that is due then; None for now, or if its rules leave no time."""
    rules, moment = message_of(notification).rules_in_force, now()
    if rules.leave_no_time:
        return None
    opens_at = rules.opening(max(due_at, moment), voice.time_zone)
    return told_to(notification, opens_at, voice) if opens_at > moment else None


def question(notification: Notification, voice: Voice) -> Facts:
    """What an approver needs to answer; the keys' hashes are kept with the invitation."""
    request, invitation = request_of(notification), invitation_of(notification)
    invitation.reply_hash = hashed(voice.keys.reply_token(invitation.id))
    invitation.link_hash = hashed(voice.keys.link_token(invitation.id))
    subject = f"Re: {message_of(notification).subject}"
    return {
        "request_id": request.id,
        "asked_at": told_to(notification, request.asked_at, voice),
        "code": voice.keys.code(invitation.id),
        "reply_address": voice.reply_to(invitation.id),
        "approve_by_mail": voice.mailto(invitation.id, subject=subject, verb="OK"),
        "reject_by_mail": voice.mailto(invitation.id, subject=subject, verb="NO: "),
        "link": voice.link(invitation.id),
        # An SMS proves nothing about who opens its link, so that one leads to the log-in.
        "page": voice.page(request.id),
    }


def answer(notification: Notification, voice: Voice) -> Facts:
    """Who decided what, when and why; `approver` is None while nobody has."""
    request = request_of(notification)
    decision = request.decision
    return {
        "state": request.state.value,
        "approver": decision and decision.approver.name,
        "verdict": decision and decision.verdict.value,
        "comment": decision and decision.comment,
        "decided_at": decision and told_to(notification, decision.decided_at, voice),
    }


def approval(notification: Notification, voice: Voice) -> Facts:
    """The answer, and when the message goes out now that nobody is asked any more."""
    due_at = message_of(notification).send_at or now()
    return {**answer(notification, voice), "send_at": goes_out(notification, due_at, voice)}


def access(notification: Notification, voice: Voice) -> Facts:
    """The link, the hash of which is kept; how long it works, and for whom it was asked."""
    link = link_of(notification)
    link.token_hash = hashed(voice.keys.mailed_token(link.id))
    return {
        "link": voice.mailed_link(link.id),
        "expires_at": told_to(notification, link.expires_at, voice),
    }


def told_to(notification: Notification, moment: datetime, voice: Voice) -> str:
    """A time in the recipient's language and zone."""
    user = notification.user
    zone = ZoneInfo(user.time_zone) if user.time_zone else voice.time_zone
    return told(moment, user.language, zone)


def own_account(_notification: Notification, _voice: Voice) -> Facts:
    """That the letter is about the recipient's own account."""
    return {"account": True}


def over(notification: Notification) -> bool:
    """Whether the link would no longer open anything."""
    return link_of(notification).over


def link_of(notification: Notification) -> MailedLink:
    """The link of a letter that brings one."""
    assert notification.link is not None
    return notification.link


def to_author(notification: Notification, _voice: Voice) -> Facts:
    """Whether the letter is to the author; approvers get other words."""
    return {"to_author": notification.user == message_of(notification).author}


def stopped(notification: Notification, voice: Voice) -> Facts:
    """Where the author sees how far the sendout came."""
    return {"page": voice.message_page(message_of(notification).id)}


def locked(notification: Notification, voice: Voice) -> Facts:
    """Where the telephone number can be taken away."""
    user_id = notification.detail.get("user_id")
    # A letter that waited for an upgrade does not know.
    return {"page": voice.person_page(user_id) if user_id else voice.public_url}


def held(notification: Notification, voice: Voice) -> Facts:
    """Where the push can be confirmed."""
    list_id = notification.detail.get("list_id")
    # A letter that waited for an upgrade does not know.
    return {"page": voice.held_push_page(list_id) if list_id else voice.public_url}


def failing(notification: Notification, _voice: Voice) -> Facts:
    """Why the list could not be pushed; what the command said is a stranger's words."""
    detail = notification.detail
    failure = Failure(detail["failure"])
    return {
        "reason": why(failure, detail["exit_status"], notification.user.language),
        "stderr": readable(detail["stderr"]),
    }


def pointless(notification: Notification) -> bool:
    """Whether an answer to this letter could no longer count."""
    request = request_of(notification)
    return request.state is not RequestState.OPEN or notification.user not in request.approvers()


def discarded(notification: Notification) -> bool:
    """Whether there is nothing left to see."""
    return message_of(notification).state is MessageState.DISCARDED


def as_it_will_be_sent(notification: Notification) -> bytes:
    """The message, as every recipient will get it."""
    return outgoing(message_of(notification))


def as_written(notification: Notification) -> bytes:
    """The message, as its author gave it."""
    return message_of(notification).raw


def message_of(notification: Notification) -> Message:
    """The message of a letter that is about one."""
    assert notification.message is not None
    return notification.message


def request_of(notification: Notification) -> ModerationRequest:
    """The request of a letter that is about one."""
    assert notification.request is not None
    return notification.request


def invitation_of(notification: Notification) -> Invitation:
    """The recipient's invitation; only who was invited gets such a letter."""
    invitations = request_of(notification).invitations
    return next(one for one in invitations if one.user_id == notification.user_id)


LETTERS = {
    letter.name: letter
    for letter in (
        Letter(LetterName.MODERATE, question, as_it_will_be_sent, pointless),
        Letter(LetterName.REMINDER, question, as_it_will_be_sent, pointless),
        Letter(LetterName.DECIDED, answer),
        Letter(LetterName.WITHDRAWN),
        Letter(LetterName.EXPIRED, to_author),
        Letter(LetterName.APPROVED, approval),
        Letter(LetterName.REJECTED, answer, as_written),
        Letter(LetterName.RETURNED, attachment=as_written),
        Letter(LetterName.STOPPED, stopped, as_written),
        Letter(LetterName.PROOF, attachment=as_it_will_be_sent, moot=discarded),
        Letter(LetterName.NOT_UNDERSTOOD, question),
        Letter(LetterName.TOO_LATE, answer),
        Letter(LetterName.PHONE_LOCKED, locked),
        Letter(LetterName.SYNC_HELD, held),
        Letter(LetterName.SYNC_FAILING, failing),
        Letter(LetterName.SYNC_RECOVERED),
        Letter(LetterName.LOG_IN, access, moot=over),
        Letter(LetterName.RESET, access, moot=over),
        Letter(LetterName.INVITATION, access, moot=over),
        Letter(LetterName.CONFIRM_ADDRESS, access, moot=over),
        Letter(LetterName.PASSWORD_CHANGED, own_account),
        Letter(LetterName.ADDRESS_CHANGED, own_account),
    )
}
