"""My lists: each list that is not archived, with a button to join or leave it, or to resume."""

from typing import Any

from flask import Blueprint, abort, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from models import Invalid, ListKind, MailingList, Right, SelfService, Unknown
from models.ids import row_id
from portal.web.flash import flash
from portal.web.i18n import gettext as _
from portal.web.paging import page_of
from portal.web.sign_in import current_actor, current_user, signed_in
from workflows.queries.suspensions import suspended_lists
from workflows.queries.user_lists import search_open_lists, subscribed_among
from workflows.subscriptions.subscribe import subscribe, unsubscribe
from workflows.subscriptions.suspend import resume

pages = Blueprint("subscriptions", __name__)


@pages.before_request
def require_maillists() -> None:
    """Answer 404 when MAILLISTS_ENABLED is false."""
    if not current_app.config["LISTGATE"].maillists_enabled:
        abort(404)


@pages.get("/my/lists")
@signed_in
def my_lists() -> ResponseReturnValue:
    """Show all lists, those that match, or only the reader's own."""
    user = current_user()
    words, only_own = request.args.get("words", ""), "mine" in request.args
    paged = page_of(g.session, search_open_lists(user, words, only_own=only_own))
    return render_template(
        "subscriptions/my_lists.html",
        paged=paged,
        mine=subscribed_among(g.session, user, paged.rows),
        suspended=suspended_lists(g.session, user),
        address=user.address,
        kinds={
            ListKind.DISCUSSION: _("Discussion list"),
            ListKind.ANNOUNCEMENT: _("Announcement list"),
        },
        free=lambda one: one.self_service is SelfService.OPEN or user.may(Right.EDIT_LISTS, one.id),
    )


@pages.post("/my/lists")
@signed_in
def join_or_leave() -> ResponseReturnValue:
    """Join, leave or resume one list, and redirect to the same page of the search."""
    actor, wish = current_actor(), request.form.get("wish")
    mailing_list = chosen_list()
    if wish == "join":
        subscribe(g.session, actor.person, mailing_list, actor=actor)
        flash(_("You are now on the list %(list)s.") % {"list": mailing_list.name})
    elif wish == "leave":
        unsubscribe(g.session, actor.person, mailing_list, actor=actor)
        flash(_("You are no longer on the list %(list)s.") % {"list": mailing_list.name})
    elif wish == "resume":
        resume(g.session, actor.person, mailing_list, actor=actor)
        flash(_("You get the messages of the list %(list)s again.") % {"list": mailing_list.name})
    else:
        raise Invalid("Please say whether you want to join or leave.")
    search: dict[str, Any] = request.args.to_dict(flat=False)
    return redirect(url_for(".my_lists", **search), 303)


def chosen_list() -> MailingList:
    """Return the list whose button was pressed; raises Unknown."""
    list_id = row_id(request.form.get("list", ""))
    found = g.session.get(MailingList, list_id) if list_id else None
    if found is None:
        raise Unknown("There is no such list.")
    mailing_list: MailingList = found
    return mailing_list
