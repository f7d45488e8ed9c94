"""Change a person's contact details, address and roles."""

from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from models import Right
from portal.accounts.details import typed_changes, zones
from portal.people.blueprint import pages, person_for
from portal.web.flash import flash
from portal.web.i18n import gettext as _
from portal.web.sign_in import current_actor, signed_in
from workflows.people.addresses import change_address
from workflows.people.contacts import change_contact
from workflows.people.roles import set_roles
from workflows.queries.role_overview import all_roles


@pages.get("/users/<id:user_id>/contact")
@signed_in
def contact(user_id: int) -> ResponseReturnValue:
    """Show the form for name, language, time zone, telephone and notifications."""
    person = person_for(Right.EDIT_USERS, user_id)
    return render_template("people/contact.html", person=person, zones=zones())


@pages.post("/users/<id:user_id>/contact")
@signed_in
def set_contact(user_id: int) -> ResponseReturnValue:
    """Save the contact details."""
    person = person_for(Right.EDIT_USERS, user_id)
    change_contact(g.session, person, typed_changes(), actor=current_actor())
    return changed(user_id)


@pages.get("/users/<id:user_id>/address")
@signed_in
def address(user_id: int) -> ResponseReturnValue:
    """Show the form for another address."""
    person = person_for(Right.EDIT_USERS, user_id)
    return render_template("people/address.html", person=person)


@pages.post("/users/<id:user_id>/address")
@signed_in
def set_address(user_id: int) -> ResponseReturnValue:
    """Change the address at once, without a letter to confirm it."""
    person, typed = person_for(Right.EDIT_USERS, user_id), request.form.get("address", "")
    change_address(g.session, person, typed, actor=current_actor())
    return changed(user_id)


@pages.get("/users/<id:user_id>/roles")
@signed_in
def roles(user_id: int) -> ResponseReturnValue:
    """Show all roles, with those of the person checked."""
    person = person_for(Right.EDIT_USERS, user_id)
    return render_template("people/roles.html", person=person, roles=all_roles(g.session))


@pages.post("/users/<id:user_id>/roles")
@signed_in
def give_roles(user_id: int) -> ResponseReturnValue:
    """Give the person exactly the roles that are checked."""
    person, names = person_for(Right.EDIT_USERS, user_id), request.form.getlist("role")
    set_roles(g.session, person, names, actor=current_actor())
    return changed(user_id)


def changed(user_id: int) -> ResponseReturnValue:
    """Redirect to the person's page."""
    flash(_("The change has been saved."))
    return redirect(url_for("people.show", user_id=user_id), 303)
