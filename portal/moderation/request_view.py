"""What a page about a request shows, after log-in or through a mailed link."""

from collections.abc import Callable
from typing import Any

from flask import abort, g

from models import Message, ModerationRequest, RequestState, User, Verdict
from notifications.mime.parse import AuthoredMail
from portal.messages.preview import Preview, contents
from portal.messages.sendout_fields import forecast_of
from portal.web.i18n import gettext as _
from portal.web.i18n import page_language
from portal.web.templating import time_text
from portal.wording.audit_sentences import door_words, sentence
from workflows.queries import message_status
from workflows.queries.approver_inbox import other_approvers
from workflows.sendout import recipients

FileUrl = Callable[[int], str]


def is_shown(asked: ModerationRequest) -> bool:
    """Whether to show the message: only while it is the one that the request is about.

    After a recall the author may have rewritten it, and the new text is not for approvers yet.
    """
    settled = {RequestState.OPEN, RequestState.DECIDED}
    return asked.state in settled and asked.message.content_hash() == asked.content_hash


def content(asked: ModerationRequest) -> AuthoredMail:
    """Return the message as it will be sent; 404 if it must not be shown."""
    if not is_shown(asked):
        abort(404)
    return contents(asked.message)


def preview_for(asked: ModerationRequest, html_url: str, file_url: FileUrl) -> Preview | None:
    """Return its preview, with these URLs for frame and files; None if it must not be shown."""
    return Preview(contents(asked.message), html_url, file_url) if is_shown(asked) else None


def summary(asked: ModerationRequest, approver: User) -> dict[str, Any]:
    """Return the facts about a request that the templates show beside the message."""
    number = recipients.count(g.session, asked.message.mailing_list)
    return {
        "asked": asked,
        "message": asked.message,
        "recipients": number,
        "plan": forecast_of(asked.message, copies=number),
        "others": other_approvers(g.session, asked, approver),
        "closed_because": closed_because(asked, approver),
        "history": history(asked.message),
    }


def history(message: Message) -> list[dict[str, Any]]:
    """Return what happened so far, in the reader's language."""
    language = page_language()
    return [
        {
            "at": entry.at,
            "door": door_words(entry.door, language),
            "words": sentence(entry, language),
        }
        for entry in message_status.timeline(g.session, message)
    ]


def closed_because(asked: ModerationRequest, approver: User) -> str | None:
    """Return why the approver can no longer answer, or None while they can."""
    if (first := asked.decision) is not None:
        verdicts = {Verdict.APPROVED: _("approved"), Verdict.REJECTED: _("rejected")}
        facts = {
            "approver": first.approver.name,
            "verdict": verdicts[first.verdict],
            "decided_at": time_text(first.decided_at),
        }
        words = _("%(approver)s answered on %(decided_at)s: %(verdict)s.") % facts
        return f"{words} {first.comment}".strip()
    if asked.state is not RequestState.OPEN:
        return _("This request was withdrawn or has expired.")
    if approver not in asked.approvers():
        return _("You are no longer an approver of this list.")
    return None
