"""What a page about a request shows, after log-in or through a mailed link."""

from collections.abc import Callable, Sequence
from typing import Any

from flask import abort, g, request

from models import Act, AuditEntry, Message, ModerationRequest, RequestState, User, Verdict
from models.answerers import Answerers
from notifications.mime.parse import AuthoredMail
from notifications.wording.change_words import ChangeWords, Reader, change_words
from notifications.wording.deciders import decider
from notifications.wording.split_words import split_lines
from portal.messages.preview import Preview, contents, example_name, wants_images
from portal.messages.sendout_fields import forecast_of
from portal.web.i18n import gettext as _
from portal.web.i18n import page_language
from portal.web.templating import time_text
from portal.wording.audit_sentences import door_words, sentence
from workflows.queries import message_status
from workflows.queries.approver_inbox import other_approvers
from workflows.sendout import recipients


def is_shown(moderation_request: ModerationRequest) -> bool:
    """Whether to show the message: only while it is the one that the request is about.

    After a recall the author may have rewritten it, and the new text is not for approvers yet.
    """
    settled = {RequestState.OPEN, RequestState.DECIDED}
    return (
        moderation_request.state in settled
        and moderation_request.message.content_hash() == moderation_request.content_hash
    )


def content(moderation_request: ModerationRequest) -> AuthoredMail:
    """Return the message as it will be sent, or `?variant=` of it; 404 if it must not be shown."""
    versions = {str(one.id): one for one in moderation_request.message.versions}
    chosen = versions.get(request.args.get("variant", str(moderation_request.message.id)))
    if chosen is None or not is_shown(moderation_request):
        abort(404)
    return contents(chosen)


def previews_for(
    moderation_request: ModerationRequest, url: Callable[..., str]
) -> list[tuple[str, Preview]]:
    """Return the preview of each variant with its letter; none if it must not be shown.

    `url` returns the URL of an endpoint of this page.
    """
    if not is_shown(moderation_request):
        return []
    message = moderation_request.message
    return [(message.letter_of(one.id), preview_for(message, one, url)) for one in message.versions]


def preview_for(message: Message, version: Message, url: Callable[..., str]) -> Preview:
    """Return the preview of one variant, or of a message that is not split."""
    images = "yes" if wants_images() else None
    variant = None if version is message else version.id
    return Preview(
        contents(version),
        url(".html", images=images, variant=variant),
        lambda number: url(".attachment", number=number, variant=variant),
        example_name(version),
    )


def summary(moderation_request: ModerationRequest, approver: User) -> dict[str, Any]:
    """Return the facts about a request that the templates show beside the message."""
    number = recipients.count(g.session, moderation_request.message)
    able = moderation_request.answerers()
    happened = message_status.timeline(g.session, moderation_request.message)
    return {
        "moderation_request": moderation_request,
        "message": moderation_request.message,
        "split": split_lines(moderation_request.message, page_language(), time_text),
        "recipients": number,
        "plan": forecast_of(moderation_request.message, copies=number),
        "others": other_approvers(g.session, moderation_request, approver),
        "absence": able.deputies.get(approver),
        "all_away": able.all_away and moderation_request.state is RequestState.OPEN,
        "closed_because": closed_because(moderation_request, approver, able),
        "history": [in_words(entry) for entry in happened],
        "changes": changes(moderation_request),
        "sent_back": sent_back(moderation_request, happened),
    }


def in_words(entry: AuditEntry) -> dict[str, Any]:
    """Return what happened, when and through which door, in the reader's language."""
    language = page_language()
    return {
        "at": entry.at,
        "door": door_words(entry.door, language),
        "words": sentence(entry, language),
    }


def sent_back(
    moderation_request: ModerationRequest, happened: Sequence[AuditEntry]
) -> dict[str, Any] | None:
    """Return who last sent the message back before this request, and why."""
    before = (one for one in reversed(happened) if one.at < moderation_request.asked_at)
    return next((in_words(one) for one in before if one.act == Act.SENT_BACK), None)


def changes(moderation_request: ModerationRequest) -> list[ChangeWords] | None:
    """Return what was changed since the message was sent back; None if it was not."""
    if moderation_request.changes is None:
        return None
    return change_words(moderation_request.changes, Reader(page_language(), time_text))


def closed_because(
    moderation_request: ModerationRequest, approver: User, able: Answerers
) -> str | None:
    """Return why the approver can no longer answer, or None while they can."""
    if (first := moderation_request.decision) is not None:
        return f"{outcome(moderation_request, approver)} {first.comment}".strip()
    if moderation_request.state is not RequestState.OPEN:
        return outcome(moderation_request, approver)
    if approver not in able.everyone:
        return _("You are no longer an approver of this list.")
    return None


def outcome(moderation_request: ModerationRequest, approver: User) -> str:
    """Return how a closed request ended, for this approver and without the comment."""
    first = moderation_request.decision
    if first is None:
        return _("This request was withdrawn or has expired.")
    verdicts = {
        Verdict.APPROVED: _("approved"),
        Verdict.REJECTED: _("rejected"),
        Verdict.SENT_BACK: _("sent back for changes"),
    }
    facts = {"verdict": verdicts[first.verdict], "decided_at": time_text(first.decided_at)}
    if first.approver == approver:
        return _("You answered on %(decided_at)s: %(verdict)s.") % facts
    return _("%(approver)s answered on %(decided_at)s: %(verdict)s.") % {
        **facts,
        "approver": decider(first, page_language()),
    }
