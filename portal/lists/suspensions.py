"""The suspended members of a list: why mail to them comes back, and a button to resume."""

from flask import g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.lists.blueprint import list_for, pages
from portal.web.flash import flash
from portal.web.i18n import gettext as _
from portal.web.paging import page_of
from portal.web.sign_in import current_actor, signed_in
from workflows.access import user_by_id
from workflows.queries.suspensions import suspended_members, suspensions_of
from workflows.subscriptions.suspend import resume


@pages.get("/<id:list_id>/suspensions")
@signed_in
def suspensions(list_id: int) -> ResponseReturnValue:
    """Show the suspended members."""
    mailing_list = list_for(list_id)
    paged = page_of(g.session, suspended_members(list_id))
    return render_template(
        "lists/suspensions.html",
        list=mailing_list,
        paged=paged,
        suspensions=suspensions_of(g.session, list_id, paged.rows),
    )


@pages.post("/<id:list_id>/suspensions/<id:user_id>/end")
@signed_in
def end_suspension(list_id: int, user_id: int) -> ResponseReturnValue:
    """Resume the person's subscription."""
    mailing_list = list_for(list_id)
    user = user_by_id(g.session, user_id)
    resume(g.session, user, mailing_list, actor=current_actor())
    flash(_("%(name)s gets the messages of the list again.") % {"name": user.name})
    return redirect(url_for("lists.suspensions", list_id=list_id), 303)
