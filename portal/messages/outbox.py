"""The outbox: where messages stand, with search, filters and pages."""

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Select

from models import Message, MessageState
from portal.messages.compose import lists
from portal.messages.sendout_fields import begins_at
from portal.web.paging import page_of
from portal.web.sign_in import current_user, signed_in
from workflows.queries.outbox_page import of_list, outbox, progress, searched

pages = Blueprint("outbox", __name__)


@pages.get("/messages")
@signed_in
def show() -> ResponseReturnValue:
    """The form to search with, and what it finds."""
    return found("outbox/outbox.html", lists=lists())


@pages.get("/messages/rows")
@signed_in
def rows() -> ResponseReturnValue:
    """What it finds, to be fetched again and again."""
    return found("outbox/rows.html")


def found(template: str, **more: object) -> str:
    """A page of the messages that the address asks for."""
    page = page_of(g.session, asked_for())
    asked = any(request.args.get(name) for name in ("words", "list", "state", "own"))
    known = progress(g.session, page.rows)
    due = {
        one.id: begins_at(one, known.dispatches[one.id])
        for one in page.rows
        if one.id in known.dispatches
    }
    return render_template(template, page=page, known=known, due=due, asked=asked, **more)


def asked_for() -> Select[Message]:
    """The messages that the address asks for; what it asks wrongly counts as not asked."""
    messages = searched(outbox(current_user()), request.args.get("words", ""))
    if short_name := request.args.get("list", "").replace("\0", ""):
        messages = of_list(messages, short_name)
    if (state := request.args.get("state")) in list(MessageState):
        messages = messages.where(Message.state == MessageState(state))
    if request.args.get("own"):
        messages = messages.where(Message.author_id == current_user().id)
    return messages
