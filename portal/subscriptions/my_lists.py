"""My lists: each list that is not archived, with buttons to join, ask, leave and resume."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, abort, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from models import Actor, Invalid, ListKind, MailingList, Right, SelfService, Unknown
from models.ids import row_id
from portal.web.flash import flash
from portal.web.i18n import gettext as _
from portal.web.paging import page_of
from portal.web.sign_in import current_actor, current_user, signed_in
from workflows.queries.suspensions import suspended_lists
from workflows.queries.user_lists import memberships_among, search_open_lists
from workflows.subscriptions import requests as verbs
from workflows.subscriptions.subscribe import must_ask, unsubscribe
from workflows.subscriptions.suspend import resume

pages = Blueprint("subscriptions", __name__)


def may_join() -> bool:
    """Whether members join here: with MAILLISTS_ENABLED=false they only leave."""
    enabled: bool = current_app.config["LISTGATE"].maillists_enabled
    return enabled


@pages.get("/my/lists")
@signed_in
def my_lists() -> ResponseReturnValue:
    """Show all lists, those that match, or only the reader's own."""
    user = current_user()
    words, only_own = request.args.get("words", ""), "mine" in request.args or not may_join()
    paged = page_of(g.session, search_open_lists(user, words, only_own=only_own))
    return render_template(
        "subscriptions/my_lists.html",
        paged=paged,
        may_join=may_join(),
        memberships=memberships_among(g.session, user, paged.rows),
        suspended=suspended_lists(g.session, user),
        address=user.address,
        kinds={
            ListKind.DISCUSSION: _("Discussion list"),
            ListKind.ANNOUNCEMENT: _("Announcement list"),
        },
        free=lambda one: (
            one.self_service is not SelfService.CLOSED or user.may(Right.EDIT_LISTS, one.id)
        ),
        must_ask=lambda one: must_ask(user, one, current_actor()),
    )


@pages.post("/my/lists")
@signed_in
def join_or_leave() -> ResponseReturnValue:
    """Join, ask to join, leave or resume one list; redirect to the same page of the search."""
    wish = WISHES.get(request.form.get("wish", ""))
    mailing_list = chosen_list()
    if wish is None:
        raise Invalid("Please say whether you want to join or leave.")
    flash(wish(mailing_list, current_actor()) % {"list": mailing_list.name})
    search: dict[str, Any] = request.args.to_dict(flat=False)
    return redirect(url_for(".my_lists", **search), 303)


def join(mailing_list: MailingList, actor: Actor) -> str:
    """Subscribe the reader, or ask the owners where they decide; return what happened."""
    if not may_join():
        abort(404)
    outcome = verbs.join(g.session, actor.person, mailing_list, actor=actor)
    if outcome is verbs.Joined.ASKED:
        return _("The owners of the list %(list)s have been asked; you will get their answer.")
    if must_ask(actor.person, mailing_list, actor):
        return _("You have asked to join the list %(list)s already, or are on it.")
    return _("You are now on the list %(list)s.")


def leave(mailing_list: MailingList, actor: Actor) -> str:
    """Unsubscribe the reader; return what happened."""
    unsubscribe(g.session, actor.person, mailing_list, actor=actor)
    return _("You are no longer on the list %(list)s.")


def withdraw_request(mailing_list: MailingList, actor: Actor) -> str:
    """Take the reader's request to join back; return what happened."""
    if verbs.withdraw(g.session, mailing_list, actor=actor):
        return _("Your request to join the list %(list)s has been withdrawn.")
    return _("Your request to join the list %(list)s is no longer open.")


def resume_own(mailing_list: MailingList, actor: Actor) -> str:
    """Resume the reader's subscription; return what happened."""
    resume(g.session, actor.person, mailing_list, actor=actor)
    return _("You get the messages of the list %(list)s again.")


WISHES: Mapping[str, Callable[[MailingList, Actor], str]] = {
    "join": join,
    "leave": leave,
    "withdraw": withdraw_request,
    "resume": resume_own,
}


def chosen_list() -> MailingList:
    """Return the list whose button was pressed; raises Unknown."""
    list_id = row_id(request.form.get("list", ""))
    found = g.session.get(MailingList, list_id) if list_id else None
    if found is None:
        raise Unknown("There is no such list.")
    mailing_list: MailingList = found
    return mailing_list
