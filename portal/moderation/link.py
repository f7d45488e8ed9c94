"""The decision page behind a mailed link, for one approver and one request."""

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from models import Actor, ApproverKeys, Door, Verdict
from models.clock import now
from portal.messages.preview import download, html_response, wants_images
from portal.moderation.request_view import content, preview_for, summary
from portal.web.operators_keys import own_keys
from workflows.moderation.approver_keys import keys_by_link
from workflows.moderation.decide import decide

pages = Blueprint("moderation", __name__)


@pages.get("/answer/<token>")
def show(token: str) -> str:
    """Show the message and the two buttons, or the outcome; link scanners fetch this page."""
    keys = keys_for(token)
    moderation_request, approver = keys.request, keys.user
    html_url = url_for(".html", token=token, images="yes" if wants_images() else None)
    preview = preview_for(
        moderation_request,
        html_url,
        lambda number: url_for(".attachment", token=token, number=number),
    )
    return render_template("answer.html", preview=preview, **summary(moderation_request, approver))


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
    moderation_request = keys_for(token).request
    return html_response(
        content(moderation_request), language=moderation_request.message.author.language
    )


@pages.get("/answer/<token>/attachments/<int:number>")
def attachment(token: str, number: int) -> ResponseReturnValue:
    """Send an attachment as a download."""
    return download(content(keys_for(token).request), number)


def keys_for(token: str) -> ApproverKeys:
    """Return the keys of the link, and set the page to its approver's language; raises Unknown."""
    keys = keys_by_link(g.session, token, own_keys())
    g.language = keys.user.language
    return keys
