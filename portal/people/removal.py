"""Remove a person, after a page that shows the consequences."""

from flask import g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from models import Right
from portal.people.blueprint import pages, person_for
from portal.web.flash import flash
from portal.web.i18n import gettext as _
from portal.web.sign_in import current_actor, signed_in
from workflows.people.last_administrator import is_last_administrator
from workflows.people.removal import remove_user
from workflows.queries.removal_consequences import consequences


@pages.get("/users/<id:user_id>/removal")
@signed_in
def what_changes(user_id: int) -> ResponseReturnValue:
    """Show the consequences, and a button."""
    person = person_for(Right.EDIT_USERS, user_id)
    return render_template(
        "people/removal.html",
        person=person,
        ahead=consequences(g.session, person),
        last=is_last_administrator(g.session, person),
    )


@pages.post("/users/<id:user_id>/removal")
@signed_in
def remove(user_id: int) -> ResponseReturnValue:
    """Remove the person."""
    person = person_for(Right.EDIT_USERS, user_id)
    remove_user(g.session, person, actor=current_actor())
    flash(_("%(name)s has been removed.") % {"name": person.name})
    return redirect(url_for("people.search"), 303)
