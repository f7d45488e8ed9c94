"""The decision page: one approver, one request; GET shows and changes nothing, POST decides."""

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from models import Actor, ApproverKeys, Door, Verdict
from portal.messages.preview import framed, saved, wants_images
from portal.moderation.request_view import content, shown, summary
from workflows.moderation.approver_keys import keys_by_link, use_link
from workflows.moderation.decide import decide

pages = Blueprint("moderation", __name__)


@pages.get("/answer/<token>")
def show(token: str) -> str:
    """The message and two buttons, or what became of it; scanners follow links, so no more."""
    keys = known(token)
    asked, approver = keys.request, keys.user
    html_url = url_for(".html", token=token, images="yes" if wants_images() else None)
    preview = shown(
        asked, html_url, lambda number: url_for(".attachment", token=token, number=number)
    )
    return render_template("answer.html", preview=preview, **summary(asked, approver))


@pages.post("/answer/<token>")
def answer(token: str) -> Response:
    """Decide; whoever comes late, or twice, is refused and shown who was first."""
    verdict, comment = request.form.get("verdict"), request.form.get("comment", "")
    if verdict not in list(Verdict):
        abort(400)
    keys = keys_by_link(g.session, token)
    use_link(g.session, keys)
    asked, approver = keys.request, keys.user
    decide(g.session, asked, Verdict(verdict), actor=Actor(approver, Door.LINK), comment=comment)
    return redirect(url_for(".show", token=token), 303)


@pages.get("/answer/<token>/html")
def html(token: str) -> ResponseReturnValue:
    """The message's HTML, for the frame."""
    asked = known(token).request
    return framed(content(asked), spoken=asked.message.author.language)


@pages.get("/answer/<token>/attachments/<int:number>")
def attachment(token: str, number: int) -> ResponseReturnValue:
    """An attachment to save."""
    return saved(content(known(token).request), number)


def known(token: str) -> ApproverKeys:
    """Whose link it is; the page speaks that person's language.  Raises Unknown."""
    keys = keys_by_link(g.session, token)
    g.language = keys.user.language
    return keys
