"""All lists: search them, show one, and show warnings about their set-up."""

from collections.abc import Mapping, Sequence

from flask import current_app, g, render_template, request
from flask.typing import ResponseReturnValue

from models import Right, Sync
from portal.lists.blueprint import list_for, pages
from portal.lists.words import list_words
from portal.web.i18n import page_language
from portal.web.paging import page_of
from portal.web.sign_in import current_actor, current_user, signed_in
from portal.wording.warning_sentences import warning_text
from workflows.access import require
from workflows.lists.checks import warnings_of
from workflows.queries.list_search import member_counts, search_lists
from workflows.queries.subscription_requests import owners_notes
from workflows.sync.snapshot import last_good
from workflows.sync.status import stuck_pushes

# Members counted per list: the exact number of a larger list is not worth its cost.
MAX_COUNTED = 10_000


@pages.get("")
@signed_in
def overview() -> ResponseReturnValue:
    """Show the matching lists, those in use or those in the archive."""
    user = current_user()
    if not user.may_somewhere(Right.VIEW_LISTS):
        require(current_actor(), Right.VIEW_LISTS)
    words, archived = request.args.get("q", ""), request.args.get("shown") == "archived"
    page = page_of(g.session, search_lists(user, words, archived=archived))
    ids = [one.id for one in page.rows]
    edited = [one for one in page.rows if user.may(Right.EDIT_LISTS, one.id)]
    return render_template(
        "lists/overview.html",
        page=page,
        members=member_counts(g.session, ids, limit=MAX_COUNTED),
        warned=warnings_of(g.session, edited) if edited else {},
        stuck=stuck_by_list([one.id for one in edited]),
        counted=MAX_COUNTED,
        **list_words(),
    )


def stuck_by_list(ids: Sequence[int]) -> Mapping[int, Sync]:
    """Return the stuck pushes of these lists, which the reader may edit, by list number."""
    if not ids or not current_app.config["LISTGATE"].maillists_enabled:
        return {}
    stuck = stuck_pushes(g.session, current_user(), ids, limit=len(ids))
    return {push.list_id: push for push in stuck}


@pages.get("/<id:list_id>")
@signed_in
def show(list_id: int) -> ResponseReturnValue:
    """Show one list: its settings, its approvers, warnings, and links to its other pages."""
    mailing_list = list_for(list_id, Right.VIEW_LISTS)
    # Warnings name members, which only those who may edit the list see.
    edits = current_user().may(Right.EDIT_LISTS, list_id)
    warned = warnings_of(g.session, [mailing_list])[list_id] if edits else []
    return render_template(
        "lists/show.html",
        list=mailing_list,
        members=member_counts(g.session, [list_id], limit=MAX_COUNTED)[list_id],
        counted=MAX_COUNTED,
        warnings=[warning_text(one, page_language()) for one in warned],
        stuck=stuck_by_list([list_id] if edits else []).get(list_id),
        good=last_good(g.session, list_id),
        notes=owners_notes(g.session, list_id) if edits else None,
        **list_words(),
    )
