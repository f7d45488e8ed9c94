"""The requests to join a list: its owners accept or decline each; the first answer decides."""

from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from models import SubscriptionRequestState, Verdict
from portal.lists.blueprint import list_for, pages
from portal.lists.words import chosen
from portal.web.flash import flash
from portal.web.i18n import gettext as _
from portal.web.paging import page_of
from portal.web.sign_in import current_actor, signed_in
from workflows.queries.subscription_requests import open_requests_to
from workflows.subscriptions.requests import answer, request_by_id


@pages.get("/<id:list_id>/requests")
@signed_in
def requests(list_id: int) -> ResponseReturnValue:
    """Show the open requests, oldest first."""
    mailing_list = list_for(list_id)
    paged = page_of(g.session, open_requests_to(list_id))
    return render_template("lists/requests.html", list=mailing_list, paged=paged)


@pages.post("/<id:list_id>/requests/<id:request_id>/answer")
@signed_in
def answer_request(list_id: int, request_id: int) -> ResponseReturnValue:
    """Accept or decline one request."""
    asked = request_by_id(g.session, request_id, list_for(list_id))
    accepted = chosen(Verdict, "verdict") is Verdict.APPROVED
    to = SubscriptionRequestState.ACCEPTED if accepted else SubscriptionRequestState.DECLINED
    comment = request.form.get("comment", "")
    answer(g.session, asked, to, actor=current_actor(), comment=comment)
    sentence = (
        _("%(name)s is now on the list.")
        if accepted
        else _("The request of %(name)s has been declined.")
    )
    flash(sentence % {"name": asked.user.name})
    return redirect(url_for("lists.requests", list_id=list_id), 303)
