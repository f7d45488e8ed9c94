"""My lists: every list, whether I am on it, and one button to join or leave it."""

from typing import Any

from flask import Blueprint, abort, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from models import Invalid, ListKind, MailingList, Right, SelfService, Subscription, Unknown
from models.ids import row_id
from portal.web.errors import say
from portal.web.i18n import gettext as _
from portal.web.paging import page_of
from portal.web.sign_in import current_actor, current_user, signed_in
from workflows.queries.text_search import LISTS, holds
from workflows.subscriptions.subscribe import subscribe, unsubscribe

pages = Blueprint("subscriptions", __name__)


@pages.before_request
def offered() -> None:
    """There is nothing to join where this house has no lists of its own to push."""
    if not current_app.config["LISTGATE"].maillists_enabled:
        abort(404)


@pages.get("/my/lists")
@signed_in
def my_lists() -> ResponseReturnValue:
    """All lists, or those with these words, or only mine."""
    user = current_user()
    theirs = select(Subscription.list_id).where(Subscription.user_id == user.id)
    # Nobody joins an archived list, and who is on it gets nothing.
    found = select(MailingList).where(
        MailingList.archived_at.is_(None), holds(request.args.get("words", ""), LISTS)
    )
    found = found.order_by(func.lower(MailingList.name), MailingList.id)
    if "mine" in request.args:
        found = found.where(MailingList.id.in_(theirs))
    paged = page_of(g.session, found)
    shown = [one.id for one in paged.rows]
    return render_template(
        "subscriptions/my_lists.html",
        paged=paged,
        mine=set(g.session.scalars(theirs.where(Subscription.list_id.in_(shown)))),
        kinds={
            ListKind.DISCUSSION: _("Discussion list"),
            ListKind.ANNOUNCEMENT: _("Announcement list"),
        },
        free=lambda one: one.self_service is SelfService.OPEN or user.may(Right.EDIT_LISTS),
    )


@pages.post("/my/lists")
@signed_in
def join_or_leave() -> ResponseReturnValue:
    """Join or leave one list, as often as the button is pressed; the page stays where it was."""
    actor, wish = current_actor(), request.form.get("wish")
    mailing_list = list_meant()
    if wish == "join":
        subscribe(g.session, actor.person, mailing_list, actor=actor)
        say(_("You are now on the list %(list)s.") % {"list": mailing_list.name})
    elif wish == "leave":
        unsubscribe(g.session, actor.person, mailing_list, actor=actor)
        say(_("You are no longer on the list %(list)s.") % {"list": mailing_list.name})
    else:
        raise Invalid("Please say whether you want to join or leave.")
    asked: dict[str, Any] = request.args.to_dict(flat=False)
    return redirect(url_for(".my_lists", **asked), 303)


def list_meant() -> MailingList:
    """The list of the button that was pressed; raises Unknown."""
    list_id = row_id(request.form.get("list", ""))
    found = g.session.get(MailingList, list_id) if list_id else None
    if found is None:
        raise Unknown("There is no such list.")
    mailing_list: MailingList = found
    return mailing_list
