"""Roles: show, create, edit and delete them."""

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from models import Invalid, Right, Role, Unknown
from portal.web.flash import flash
from portal.web.i18n import gettext as _
from portal.web.sign_in import current_actor, signed_in
from portal.wording.right_names import WORDS
from workflows.access import require
from workflows.people.roles import create_role, delete_role, is_in_use, rename_role
from workflows.people.users import define_role
from workflows.queries.role_overview import all_roles, role_sizes

pages = Blueprint("roles", __name__)


@pages.get("/roles")
@signed_in
def overview() -> ResponseReturnValue:
    """Show each role with its rights and the number of people who have it."""
    require(current_actor(), Right.EDIT_USERS)
    return render_template(
        "roles/overview.html",
        roles=all_roles(g.session),
        having=role_sizes(g.session),
        in_words=lambda number: WORDS[Right(number)](_),
    )


@pages.get("/roles/new")
@signed_in
def new() -> ResponseReturnValue:
    """Show the form for a new role."""
    require(current_actor(), Right.EDIT_USERS)
    return form(None)


@pages.post("/roles/new")
@signed_in
def create() -> ResponseReturnValue:
    """Create the role."""
    name = request.form.get("name", "")
    create_role(g.session, name, checked_rights(), actor=current_actor())
    flash(_("The role has been created."))
    return redirect(url_for(".overview"), 303)


@pages.get("/roles/<id:role_id>")
@signed_in
def edit(role_id: int) -> ResponseReturnValue:
    """Show the form for the role's name and rights."""
    return form(role_to_edit(role_id))


@pages.post("/roles/<id:role_id>")
@signed_in
def change(role_id: int) -> ResponseReturnValue:
    """Save the role's name and rights, which apply at once."""
    role, actor = role_to_edit(role_id), current_actor()
    rename_role(g.session, role, request.form.get("name", role.name), actor=actor)
    define_role(g.session, role.name, checked_rights(), actor=actor)
    flash(_("The change has been saved."))
    return redirect(url_for(".overview"), 303)


@pages.post("/roles/<id:role_id>/removal")
@signed_in
def delete(role_id: int) -> ResponseReturnValue:
    """Delete a role that nobody has."""
    delete_role(g.session, role_to_edit(role_id), actor=current_actor())
    flash(_("The role has been deleted."))
    return redirect(url_for(".overview"), 303)


def form(role: Role | None) -> str:
    """Render the form for a role; for a new one if None."""
    # A refused form keeps the boxes that were checked.
    typed = request.form.getlist("right", type=int) if request.form else None
    return render_template(
        "roles/role.html",
        role=role,
        has=(role.rights if role else []) if typed is None else typed,
        used=role is not None and is_in_use(g.session, role),
        rights=[(right, *WORDS[right](_)) for right in Right],
    )


def checked_rights() -> list[int]:
    """Return the numbers of the checked rights; raises Invalid."""
    numbers = request.form.getlist("right", type=int)
    if len(numbers) != len(request.form.getlist("right")):
        raise Invalid("A right is a number.")
    return numbers


def role_to_edit(role_id: int) -> Role:
    """Return the role; raises Trespass without the right to edit users, and Unknown."""
    require(current_actor(), Right.EDIT_USERS)
    role = g.session.get(Role, role_id)
    if role is None:
        raise Unknown("There is no such role.")
    found: Role = role
    return found
