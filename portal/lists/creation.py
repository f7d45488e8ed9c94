"""Create a list without members."""

from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from models import Language, ListDelivery, ListKind, Right, SelfService, WhoMayAsk
from portal.lists.blueprint import pages
from portal.lists.words import chosen, list_words, typed_limit
from portal.web.flash import flash
from portal.web.i18n import gettext as _
from portal.web.sign_in import current_actor, signed_in
from workflows.access import require
from workflows.lists.lists import NewList, create_list


@pages.get("/new")
@signed_in
def new() -> ResponseReturnValue:
    """Show the form for a new list."""
    require(current_actor(), Right.EDIT_LISTS)
    return render_template("lists/new.html", **list_words())


@pages.post("/new")
@signed_in
def create() -> ResponseReturnValue:
    """Create the list, and redirect to its page, where approvers are chosen."""
    form = request.form
    mailing_list = create_list(
        g.session,
        NewList(
            form.get("short_name", "").strip(),
            form.get("address", ""),
            form.get("name", ""),
            description=form.get("description", ""),
            kind=chosen(ListKind, "kind"),
            delivery=chosen(ListDelivery, "delivery"),
            four_eyes="four_eyes" in form,
            self_service=chosen(SelfService, "self_service"),
            second_person="second_person" in form,
            who_may_ask=chosen(WhoMayAsk, "who_may_ask") if form.get("who_may_ask") else None,
            max_open_requests=typed_limit() or 0,
            language=chosen(Language, "language"),
        ),
        actor=current_actor(),
    )
    flash(
        _("The list %(name)s has been created; it has no members yet.")
        % {"name": mailing_list.name}
    )
    return redirect(url_for("lists.show", list_id=mailing_list.id), 303)
