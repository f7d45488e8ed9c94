"""Change somebody's contact, address and roles."""

from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from models import Right, Role
from portal.accounts.details import wanted, zones
from portal.people.blueprint import pages, person_to
from portal.web.errors import say
from portal.web.i18n import gettext as _
from portal.web.sign_in import current_actor, signed_in
from workflows.people.addresses import change_address
from workflows.people.contacts import change_contact
from workflows.people.roles import set_roles


@pages.get("/users/<id:user_id>/contact")
@signed_in
def contact(user_id: int) -> ResponseReturnValue:
    """Name, language, time zone, telephone and how the person is asked."""
    person = person_to(Right.EDIT_USERS, user_id)
    return render_template("people/contact.html", person=person, zones=zones())


@pages.post("/users/<id:user_id>/contact")
@signed_in
def set_contact(user_id: int) -> ResponseReturnValue:
    """Keep what the form says."""
    person = person_to(Right.EDIT_USERS, user_id)
    change_contact(g.session, person, wanted(), actor=current_actor())
    return changed(user_id)


@pages.get("/users/<id:user_id>/address")
@signed_in
def address(user_id: int) -> ResponseReturnValue:
    """The address, to give another one."""
    person = person_to(Right.EDIT_USERS, user_id)
    return render_template("people/address.html", person=person)


@pages.post("/users/<id:user_id>/address")
@signed_in
def set_address(user_id: int) -> ResponseReturnValue:
    """The new one counts at once: an administrator knows whose it is."""
    person, given = person_to(Right.EDIT_USERS, user_id), request.form.get("address", "")
    change_address(g.session, person, given, actor=current_actor())
    return changed(user_id)


@pages.get("/users/<id:user_id>/roles")
@signed_in
def roles(user_id: int) -> ResponseReturnValue:
    """All roles, those of the person checked."""
    person = person_to(Right.EDIT_USERS, user_id)
    known = g.session.scalars(select(Role).order_by(Role.name)).all()
    return render_template("people/roles.html", person=person, roles=known)


@pages.post("/users/<id:user_id>/roles")
@signed_in
def give_roles(user_id: int) -> ResponseReturnValue:
    """From now on the person has those that are checked, and no others."""
    person, names = person_to(Right.EDIT_USERS, user_id), request.form.getlist("role")
    set_roles(g.session, person, names, actor=current_actor())
    return changed(user_id)


def changed(user_id: int) -> ResponseReturnValue:
    """Back to the person."""
    say(_("The change has been saved."))
    return redirect(url_for("people.show", user_id=user_id), 303)
