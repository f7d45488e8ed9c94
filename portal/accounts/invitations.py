"""Add a person, who gets a letter to choose a password."""

from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from models import Language, Right
from portal.accounts.blueprint import pages
from portal.web.flash import flash
from portal.web.i18n import gettext as _
from portal.web.sign_in import current_actor, signed_in
from workflows.access import require
from workflows.people.account_links import invite
from workflows.people.users import add_user
from workflows.queries.role_overview import all_roles


@pages.get("/users/new")
@signed_in
def new_user() -> ResponseReturnValue:
    """Show the form for a new person."""
    require(current_actor(), Right.EDIT_USERS)
    return render_template("accounts/new_user.html", roles=all_roles(g.session), languages=Language)


@pages.post("/users/new")
@signed_in
def add() -> ResponseReturnValue:
    """Add the person, and send the invitation."""
    actor, form = current_actor(), request.form
    user = add_user(
        g.session,
        form.get("address", ""),
        form.get("name", ""),
        roles=form.getlist("role"),
        actor=actor,
    )
    if form.get("language") in list(Language):
        user.language = Language(form["language"])
    invite(g.session, user, actor=actor)
    flash(_("%(name)s has been invited.") % {"name": user.name})
    return redirect(url_for("accounts.new_user"), 303)
