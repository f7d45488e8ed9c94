"""Requests: the approver's inbox, and one request to read and to answer."""

from functools import partial

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from models import ModerationRequest, RequestState, User, Verdict
from portal.messages.preview import download, html_response
from portal.moderation.presence import note_presence
from portal.moderation.request_view import content, previews_for, summary
from portal.web.flash import flash
from portal.web.i18n import gettext as _
from portal.web.paging import page_of
from portal.web.sign_in import current_actor, current_user, signed_in
from workflows.moderation.approver_keys import view
from workflows.moderation.approvers import require_approver
from workflows.moderation.decide import decide, request_by_id
from workflows.queries.approver_inbox import open_requests, opened_requests

pages = Blueprint("requests", __name__)


@pages.get("/requests")
@signed_in
def waiting() -> ResponseReturnValue:
    """Show the open requests of the reader, oldest first."""
    return inbox("requests/inbox.html")


@pages.get("/requests/rows")
@signed_in
def rows() -> ResponseReturnValue:
    """Show only the rows; live.js fetches this part repeatedly."""
    return inbox("requests/rows.html")


def inbox(template: str) -> str:
    """Render the open requests, and which of them the reader has opened."""
    user = current_user()
    page = page_of(g.session, open_requests(user))
    return render_template(template, page=page, opened=opened_requests(g.session, user, page.rows))


@pages.get("/requests/<id:request_id>")
# Also the URL of the form, so that a refusal is shown on this page.
@pages.get("/requests/<id:request_id>/decision", endpoint="decision")
@signed_in
def show(request_id: int) -> ResponseReturnValue:
    """Show the facts, the form to answer, and the message once the approver has opened it."""
    moderation_request, user = request_and_reader(request_id)
    if not has_opened(moderation_request, user):
        return render_template("requests/closed.html", **summary(moderation_request, user))
    return render_template(
        "requests/show.html",
        previews=previews_for(moderation_request, partial(url_for, request_id=request_id)),
        others_reading=other_readers(moderation_request, user),
        **summary(moderation_request, user),
    )


@pages.post("/requests/<id:request_id>/views")
@signed_in
def open_message(request_id: int) -> ResponseReturnValue:
    """Record that the message was opened, which a GET must not do."""
    view(g.session, request_by_id(g.session, request_id), actor=current_actor())
    return redirect(url_for(".show", request_id=request_id), 303)


@pages.post("/requests/<id:request_id>/decision")
@signed_in
def answer(request_id: int) -> ResponseReturnValue:
    """Decide; raises a refusal that names the first decision if there is one."""
    verdict, comment = request.form.get("verdict"), request.form.get("comment", "")
    if verdict not in list(Verdict):
        abort(400)
    moderation_request = request_by_id(g.session, request_id)
    decide(g.session, moderation_request, Verdict(verdict), actor=current_actor(), comment=comment)
    flash(_("Your answer has been recorded. The author and the other approvers are notified."))
    return redirect(url_for(".show", request_id=request_id), 303)


@pages.get("/requests/<id:request_id>/standing")
@signed_in
def standing(request_id: int) -> ResponseReturnValue:
    """Show the part that live.js refreshes: other readers, and what happened."""
    moderation_request, user = request_and_reader(request_id)
    return render_template(
        "requests/standing.html",
        others_reading=other_readers(moderation_request, user),
        **summary(moderation_request, user),
    )


@pages.get("/requests/<id:request_id>/html")
@signed_in
def html(request_id: int) -> ResponseReturnValue:
    """Return the message's HTML, for the frame."""
    moderation_request = opened(request_id)
    return html_response(
        content(moderation_request), language=moderation_request.message.author.language
    )


@pages.get("/requests/<id:request_id>/attachments/<id:number>")
@signed_in
def attachment(request_id: int, number: int) -> ResponseReturnValue:
    """Send an attachment as a download."""
    return download(content(opened(request_id)), number)


def opened(request_id: int) -> ModerationRequest:
    """Return the request; 404 unless the reader has opened its message."""
    moderation_request, user = request_and_reader(request_id)
    return moderation_request if has_opened(moderation_request, user) else abort(404)


def request_and_reader(request_id: int) -> tuple[ModerationRequest, User]:
    """Return the request and the reader; raises NotAnApprover unless they may answer it."""
    moderation_request = request_by_id(g.session, request_id)
    require_approver(moderation_request, current_actor())
    return moderation_request, current_user()


def has_opened(moderation_request: ModerationRequest, user: User) -> bool:
    """Whether the user has opened the message."""
    return any(one.user == user and one.viewed_at for one in moderation_request.approver_keys)


def other_readers(moderation_request: ModerationRequest, user: User) -> list[str]:
    """Return the names of approvers who view the open request now, other than the user."""
    if moderation_request.state is not RequestState.OPEN or not has_opened(
        moderation_request, user
    ):
        return []
    others = note_presence(moderation_request.id, user.id)
    return [one.name for one in moderation_request.approvers() if one.id in others]
