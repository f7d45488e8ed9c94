"""The outbox page: messages and their states, with search, filters and paging."""

from flask import Blueprint, g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from models import MessageState
from portal.messages.sendout_fields import start_of
from portal.web.paging import page_of, with_query
from portal.web.sign_in import current_user, signed_in
from workflows.queries.list_search import list_choices
from workflows.queries.outbox_page import OutboxQuery, outbox, progress

pages = Blueprint("outbox", __name__)


@pages.get("/messages")
@signed_in
def show() -> ResponseReturnValue:
    """Show the search form and the matching messages."""
    rows_url = with_query(url_for(".rows"))
    return outbox_page("outbox/outbox.html", lists=list_choices(g.session), rows_url=rows_url)


@pages.get("/messages/rows")
@signed_in
def rows() -> ResponseReturnValue:
    """Show only the matching messages; live.js fetches this part repeatedly."""
    return outbox_page("outbox/rows.html")


def outbox_page(template: str, **more: object) -> str:
    """Render a page of the messages that match the query string."""
    page = page_of(g.session, outbox(current_user(), query_from_url()))
    filtered = any(request.args.get(name) for name in ("words", "list", "state", "own"))
    known = progress(g.session, page.rows)
    plans = {
        one.id: start_of(one, known.dispatches[one.id])
        for one in page.rows
        if one.id in known.dispatches
    }
    return render_template(template, page=page, known=known, plans=plans, filtered=filtered, **more)


def query_from_url() -> OutboxQuery:
    """Return the search from the query string; an unknown state counts as none."""
    state = request.args.get("state")
    return OutboxQuery(
        words=request.args.get("words", ""),
        list_name=request.args.get("list", "").replace("\0", ""),
        state=MessageState(state) if state in list(MessageState) else None,
        only_own=bool(request.args.get("own")),
    )
