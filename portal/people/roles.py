"""Roles: which there are, what they let people do; create, edit and delete them."""

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from models import Invalid, Right, Role, Unknown
from models.people import user_role
from portal.web.errors import say
from portal.web.i18n import gettext as _
from portal.web.sign_in import current_actor, signed_in
from portal.wording.right_names import WORDS
from workflows.access import require
from workflows.people.roles import create_role, delete_role, rename_role
from workflows.people.users import define_role

pages = Blueprint("roles", __name__)


@pages.get("/roles")
@signed_in
def overview() -> ResponseReturnValue:
    """Each role, with its rights and how many people have it."""
    require(current_actor(), Right.EDIT_USERS)
    counted = select(user_role.c.role_id, func.count()).group_by(user_role.c.role_id)
    return render_template(
        "roles/overview.html",
        roles=g.session.scalars(select(Role).order_by(Role.name)).all(),
        having=dict(g.session.execute(counted).all()),
        in_words=lambda number: WORDS[Right(number)](_),
    )


@pages.get("/roles/new")
@signed_in
def new() -> ResponseReturnValue:
    """Ask for a name and rights."""
    require(current_actor(), Right.EDIT_USERS)
    return form(None)


@pages.post("/roles/new")
@signed_in
def create() -> ResponseReturnValue:
    """Create the role."""
    name = request.form.get("name", "")
    create_role(g.session, name, rights_meant(), actor=current_actor())
    say(_("The role has been created."))
    return redirect(url_for(".overview"), 303)


@pages.get("/roles/<id:role_id>")
@signed_in
def edit(role_id: int) -> ResponseReturnValue:
    """Name and rights of the role, to change them."""
    return form(role_to_edit(role_id))


@pages.post("/roles/<id:role_id>")
@signed_in
def change(role_id: int) -> ResponseReturnValue:
    """From now on it has this name and these rights, for everybody who has it."""
    role, actor = role_to_edit(role_id), current_actor()
    rename_role(g.session, role, request.form.get("name", role.name), actor=actor)
    define_role(g.session, role.name, rights_meant(), actor=actor)
    say(_("The change has been saved."))
    return redirect(url_for(".overview"), 303)


@pages.post("/roles/<id:role_id>/removal")
@signed_in
def delete(role_id: int) -> ResponseReturnValue:
    """Delete a role that nobody has."""
    delete_role(g.session, role_to_edit(role_id), actor=current_actor())
    say(_("The role has been deleted."))
    return redirect(url_for(".overview"), 303)


def form(role: Role | None) -> str:
    """The form for a role, a new one if None."""
    used = select(user_role.c.user_id).where(user_role.c.role_id == (role and role.id)).limit(1)
    # A form that was refused keeps what was checked on it.
    typed = request.form.getlist("right", type=int) if request.method == "POST" else None
    return render_template(
        "roles/role.html",
        role=role,
        has=(role.rights if role else []) if typed is None else typed,
        used=g.session.scalar(used) is not None,
        rights=[(right, *WORDS[right](_)) for right in Right],
    )


def rights_meant() -> list[int]:
    """The numbers that are checked; raises Invalid."""
    numbers = request.form.getlist("right", type=int)
    if len(numbers) != len(request.form.getlist("right")):
        raise Invalid("A right is a number.")
    return numbers


def role_to_edit(role_id: int) -> Role:
    """The role with this number; raises Trespass for who may not edit roles, and Unknown."""
    require(current_actor(), Right.EDIT_USERS)
    role = g.session.get(Role, role_id)
    if role is None:
        raise Unknown("There is no such role.")
    found: Role = role
    return found
