"""An administrator adds a person, who gets a letter in their language."""

from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from models import Language, Right, Role
from portal.accounts.blueprint import pages
from portal.web.errors import say
from portal.web.i18n import gettext as _
from portal.web.sign_in import current_actor, signed_in
from workflows.access import require
from workflows.people.account_links import invite
from workflows.people.users import add_user


@pages.get("/users/new")
@signed_in
def new_user() -> ResponseReturnValue:
    """Ask who is to come."""
    require(current_actor(), Right.EDIT_USERS)
    roles = g.session.scalars(select(Role).order_by(Role.name)).all()
    return render_template("accounts/new_user.html", roles=roles, languages=Language)


@pages.post("/users/new")
@signed_in
def add() -> ResponseReturnValue:
    """Add the person, and have them choose a password."""
    actor, given = current_actor(), request.form
    user = add_user(
        g.session,
        given.get("address", ""),
        given.get("name", ""),
        roles=given.getlist("role"),
        actor=actor,
    )
    if given.get("language") in list(Language):
        user.language = Language(given["language"])
    invite(g.session, user, actor=actor)
    say(_("%(name)s has been invited.") % {"name": user.name})
    return redirect(url_for("accounts.new_user"), 303)
