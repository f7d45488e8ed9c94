"""What approvers are shown of a request, behind the log-in as behind a mailed link."""

from collections.abc import Callable, Sequence
from typing import Any

from flask import abort, g
from sqlalchemy import select

from models import ApproverKeys, Message, ModerationRequest, RequestState, User, Verdict
from notifications.mime.parse import AuthoredMail
from portal.messages.preview import Preview, contents
from portal.messages.sendout_fields import foreseen
from portal.web.i18n import gettext as _
from portal.web.i18n import page_language
from portal.web.templating import told
from portal.wording.audit_sentences import door_words, sentence
from workflows.queries import message_status
from workflows.sendout import recipients

FileUrl = Callable[[int], str]


def is_shown(asked: ModerationRequest) -> bool:
    """Whether the message is what was asked about; once it is its author's again, it is not shown.

    A message that was recalled may have been written anew: that nobody has asked about.
    """
    settled = {RequestState.OPEN, RequestState.DECIDED}
    return asked.state in settled and asked.message.content_hash() == asked.content_hash


def content(asked: ModerationRequest) -> AuthoredMail:
    """The message as it will be sent; 404 where it is not shown."""
    if not is_shown(asked):
        abort(404)
    return contents(asked.message)


def shown(asked: ModerationRequest, html_url: str, file_url: FileUrl) -> Preview | None:
    """The same for a page, whose frame and files are at these addresses; None if not shown."""
    return Preview(contents(asked.message), html_url, file_url) if is_shown(asked) else None


def summary(asked: ModerationRequest, approver: User) -> dict[str, Any]:
    """What the templates say about a request, its message aside."""
    number = recipients.count(g.session, asked.message.mailing_list)
    return {
        "asked": asked,
        "message": asked.message,
        "recipients": number,
        "plan": foreseen(asked.message, copies=number),
        "others": others(asked, approver),
        "standing": standing(asked, approver),
        "history": history(asked.message),
    }


def others(asked: ModerationRequest, approver: User) -> Sequence[str]:
    """The names of everybody else who was asked."""
    named = (
        select(User.name)
        .join(ApproverKeys, ApproverKeys.user_id == User.id)
        .where(ApproverKeys.request_id == asked.id, User.id != approver.id)
        .order_by(ApproverKeys.id)
    )
    return g.session.scalars(named).all()  # type: ignore[no-any-return]


def history(message: Message) -> list[dict[str, Any]]:
    """What happened so far."""
    language = page_language()
    return [
        {
            "at": entry.at,
            "door": door_words(entry.door, language),
            "words": sentence(entry, language),
        }
        for entry in message_status.timeline(g.session, message)
    ]


def standing(asked: ModerationRequest, approver: User) -> str | None:
    """Why there is nothing to answer, or None while there is."""
    if (first := asked.decision) is not None:
        verdicts = {Verdict.APPROVED: _("approved"), Verdict.REJECTED: _("rejected")}
        facts = {
            "approver": first.approver.name,
            "verdict": verdicts[first.verdict],
            "decided_at": told(first.decided_at),
        }
        words = _("%(approver)s answered on %(decided_at)s: %(verdict)s.") % facts
        return f"{words} {first.comment}".strip()
    if asked.state is not RequestState.OPEN:
        return _("This request was withdrawn or has expired.")
    if approver not in asked.approvers():
        return _("You are no longer an approver of this list.")
    return None
