"""The decision page: one approver, one request; GET shows and changes nothing, POST decides."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, current_app, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from models import (
    Door,
    Invitation,
    ModerationRequest,
    RequestState,
    Verdict,
)
from notifications import languages
from notifications.authored import read
from notifications.html_text import text_of_html
from notifications.languages import translations
from notifications.outgoing import outgoing
from workflows.invitations import invitation_by_link, use_link
from workflows.moderation import decide

pages = Blueprint("moderation", __name__)


@pages.get("/answer/<token>")
def show(token: str) -> str:
    """The message and two buttons, or what became of it; scanners follow links, so no more."""
    return page(invitation_by_link(g.session, token))


@pages.post("/answer/<token>")
def answer(token: str) -> Response:
    """Decide; whoever comes late, or twice, is refused and shown who was first."""
    verdict, comment = request.form.get("verdict"), request.form.get("comment", "")
    if verdict not in list(Verdict):
        abort(400)
    invitation = invitation_by_link(g.session, token)
    use_link(g.session, invitation)
    asked, approver = invitation.request, invitation.user
    decide(g.session, asked, approver, Verdict(verdict), via=Door.LINK, comment=comment)
    return redirect(url_for(".show", token=token), 303)


@pages.get("/requests/<int:request_id>")
def sign_in(request_id: int) -> str:  # noqa: ARG001 (the portal will know it)
    """Where the link in an SMS leads: it proves nothing about who follows it."""
    return render_template("sign_in.html")


def page(invitation: Invitation) -> str:
    """The message, and either the buttons or where it stands."""
    g.language = invitation.user.language
    message = invitation.request.message
    raw = outgoing(message)
    shown = read(raw, limit=len(raw))
    return render_template(
        "answer.html",
        subject=message.subject,
        author=message.author.name,
        list_name=message.mailing_list.name,
        send_at=message.send_at and told(message.send_at),
        text=shown.text or text_of_html(shown.html or ""),
        attachments=shown.attachments,
        standing=standing(invitation.request, invitation),
    )


def told(moment: datetime) -> str:
    """A time in the page's language and the organisation's zone."""
    return languages.told(moment, g.language, ZoneInfo(current_app.config["LISTGATE"].time_zone))


def standing(asked: ModerationRequest, invitation: Invitation) -> str | None:
    """Why there is nothing to answer, or None while there is."""
    _ = translations(invitation.user.language).gettext
    if (first := asked.decision) is not None:
        verdicts = {Verdict.APPROVED: _("approved"), Verdict.REJECTED: _("rejected")}
        facts = {
            "approver": first.approver.name,
            "verdict": verdicts[first.verdict],
            "decided_at": told(first.decided_at),
        }
        sentence = _("%(approver)s answered on %(decided_at)s: %(verdict)s.") % facts
        return f"{sentence} {first.comment}".strip()
    if asked.state is not RequestState.OPEN:
        return _("This request was withdrawn or has expired.")
    if invitation.user not in asked.approvers():
        return _("You are no longer an approver of this list.")
    return None
