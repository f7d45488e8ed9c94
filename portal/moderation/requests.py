"""Requests: what waits for an approver, and one of them to read and to answer."""

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from models import ModerationRequest, RequestState, User, Verdict
from portal.messages.preview import framed, saved, wants_images
from portal.moderation.presence import note_presence
from portal.moderation.request_view import content, shown, summary
from portal.web.errors import say
from portal.web.i18n import gettext as _
from portal.web.paging import page_of
from portal.web.sign_in import current_actor, current_user, signed_in
from workflows.moderation.approver_keys import view
from workflows.moderation.decide import decide, request_by_id, require_approver
from workflows.queries.approver_inbox import opened_by, waiting_for

pages = Blueprint("requests", __name__)


@pages.get("/requests")
@signed_in
def waiting() -> ResponseReturnValue:
    """What waits for whoever reads this, oldest first."""
    return inbox("requests/inbox.html")


@pages.get("/requests/rows")
@signed_in
def rows() -> ResponseReturnValue:
    """The same, without the page around it."""
    return inbox("requests/rows.html")


def inbox(template: str) -> str:
    """The requests, and which of them the person has opened."""
    user = current_user()
    page = page_of(g.session, waiting_for(user))
    # The part that is fetched anew leads to the same page of the list.
    return render_template(template, page=page, opened=opened_by(g.session, user, page.rows))


@pages.get("/requests/<id:request_id>")
# Also where the form is sent to, so that a refusal is said on this page.
@pages.get("/requests/<id:request_id>/decision", endpoint="decision")
@signed_in
def show(request_id: int) -> ResponseReturnValue:
    """The summary; the message, once the approver has opened it; and the form to answer."""
    asked, user = mine(request_id)
    if not has_opened(asked, user):
        return render_template("requests/closed.html", **summary(asked, user))
    html_url = url_for(".html", request_id=request_id, images="yes" if wants_images() else None)
    return render_template(
        "requests/show.html",
        preview=shown(
            asked,
            html_url,
            lambda number: url_for(".attachment", request_id=request_id, number=number),
        ),
        company=company(asked, user),
        **summary(asked, user),
    )


@pages.post("/requests/<id:request_id>/views")
@signed_in
def open_message(request_id: int) -> ResponseReturnValue:
    """Note that the message was opened, which a GET may not."""
    view(g.session, request_by_id(g.session, request_id), actor=current_actor())
    return redirect(url_for(".show", request_id=request_id), 303)


@pages.post("/requests/<id:request_id>/decision")
@signed_in
def answer(request_id: int) -> ResponseReturnValue:
    """Decide; whoever comes late is refused, and shown who was first."""
    verdict, comment = request.form.get("verdict"), request.form.get("comment", "")
    if verdict not in list(Verdict):
        abort(400)
    asked = request_by_id(g.session, request_id)
    decide(g.session, asked, Verdict(verdict), actor=current_actor(), comment=comment)
    say(_("Your answer has been recorded. The author and the other approvers are notified."))
    return redirect(url_for(".show", request_id=request_id), 303)


@pages.get("/requests/<id:request_id>/standing")
@signed_in
def standing(request_id: int) -> ResponseReturnValue:
    """What may change while somebody reads: who else does, and what happened."""
    asked, user = mine(request_id)
    return render_template(
        "requests/standing.html", company=company(asked, user), **summary(asked, user)
    )


@pages.get("/requests/<id:request_id>/html")
@signed_in
def html(request_id: int) -> ResponseReturnValue:
    """The message's HTML, for the frame."""
    asked = opened(request_id)
    return framed(content(asked), spoken=asked.message.author.language)


@pages.get("/requests/<id:request_id>/attachments/<int:number>")
@signed_in
def attachment(request_id: int, number: int) -> ResponseReturnValue:
    """An attachment to save."""
    return saved(content(opened(request_id)), number)


def opened(request_id: int) -> ModerationRequest:
    """The request, for whoever has opened its message; 404 for whoever has not."""
    asked, user = mine(request_id)
    return asked if has_opened(asked, user) else abort(404)


def mine(request_id: int) -> tuple[ModerationRequest, User]:
    """The request and its reader; raises NotAnApprover for everybody who may not answer it."""
    asked = request_by_id(g.session, request_id)
    require_approver(asked, current_actor())
    return asked, current_user()


def has_opened(asked: ModerationRequest, user: User) -> bool:
    """Whether this person has opened the message before."""
    return any(one.user == user and one.viewed_at for one in asked.approver_keys)


def company(asked: ModerationRequest, user: User) -> list[str]:
    """The names of other approvers who look at the request now; of none once it is answered."""
    if asked.state is not RequestState.OPEN or not has_opened(asked, user):
        return []
    others = note_presence(asked.id, user.id)
    return [one.name for one in asked.approvers() if one.id in others]
