"""The decision page behind a mailed link, for one approver and one request."""

from datetime import timedelta
from functools import partial

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from models import Actor, ApproverKeys, Door, ModerationRequest, RequestState, Verdict
from models.clock import now
from portal.messages.preview import download, html_response
from portal.moderation.request_view import content, outcome, previews_for, summary
from portal.web.operators_keys import own_keys
from workflows.moderation.approver_keys import keys_by_link
from workflows.moderation.decide import decide

pages = Blueprint("moderation", __name__)

# Since the decision.  An approver back from a long holiday still sees what it was about; a mailbox
# that is read by someone else later shows no message.
LINK_SHOWS_MESSAGE = timedelta(weeks=4)


@pages.get("/answer/<token>")
def show(token: str) -> str:
    """Show the message and the buttons, or the outcome; link scanners fetch this page."""
    keys = keys_for(token)
    moderation_request, approver = keys.request, keys.user
    if is_long_closed(moderation_request):
        return render_template("answer_closed.html", outcome=outcome(moderation_request, approver))
    previews = previews_for(moderation_request, partial(url_for, token=token))
    return render_template(
        "answer.html", previews=previews, **summary(moderation_request, approver)
    )


@pages.post("/answer/<token>")
def answer(token: str) -> Response:
    """Decide; raises a refusal that names the first decision if there is one."""
    verdict, comment = request.form.get("verdict"), request.form.get("comment", "")
    if verdict not in list(Verdict):
        abort(400)
    keys = keys_by_link(g.session, token, own_keys())
    moderation_request, approver = keys.request, keys.user
    decide(
        g.session,
        moderation_request,
        Verdict(verdict),
        actor=Actor(approver, Door.LINK),
        comment=comment,
    )
    keys.link_used_at = now()
    return redirect(url_for(".show", token=token), 303)


@pages.get("/answer/<token>/html")
def html(token: str) -> ResponseReturnValue:
    """Return the message's HTML, for the frame."""
    moderation_request = request_with_message(token)
    return html_response(
        content(moderation_request), language=moderation_request.message.author.language
    )


@pages.get("/answer/<token>/attachments/<id:number>")
def attachment(token: str, number: int) -> ResponseReturnValue:
    """Send an attachment as a download."""
    return download(content(request_with_message(token)), number)


def request_with_message(token: str) -> ModerationRequest:
    """Return the request of the link; 404 if the link no longer shows its message."""
    moderation_request = keys_for(token).request
    return abort(404) if is_long_closed(moderation_request) else moderation_request


def is_long_closed(moderation_request: ModerationRequest) -> bool:
    """Whether the request was closed too long ago for its link to show the message."""
    if moderation_request.state is RequestState.OPEN:
        return False
    first = moderation_request.decision
    # When a request was withdrawn or expired is not recorded: its age counts.
    return now() - (first.decided_at if first else moderation_request.asked_at) > LINK_SHOWS_MESSAGE


def keys_for(token: str) -> ApproverKeys:
    """Return the keys of the link, and set the page to its approver's language; raises Unknown."""
    keys = keys_by_link(g.session, token, own_keys())
    g.language = keys.user.language
    return keys
