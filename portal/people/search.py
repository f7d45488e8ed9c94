"""Find people by name or address, by role, and by whether they are disabled."""

from flask import g, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, func, select
from sqlalchemy.orm import selectinload

from models import Right, Role, User
from portal.people.blueprint import pages
from portal.web.paging import page_of
from portal.web.sign_in import current_actor, signed_in
from workflows.access import require
from workflows.queries.text_search import PEOPLE, holds

STANDINGS = {
    "active": User.disabled_at.is_(None),
    "disabled": User.disabled_at.is_not(None) & User.removed_at.is_(None),
    "removed": User.removed_at.is_not(None),
}


@pages.get("/users")
@signed_in
def search() -> ResponseReturnValue:
    """Who fits; without a question everybody but those who were removed."""
    require(current_actor(), Right.VIEW_USERS)
    roles = g.session.scalars(select(Role).order_by(Role.name)).all()
    return render_template("people/search.html", paged=page_of(g.session, found()), roles=roles)


def found() -> Select[User]:
    """The people whom the address of the page asks for."""
    asked = request.args
    people = select(User).where(STANDINGS.get(asked.get("standing", ""), User.removed_at.is_(None)))
    people = people.where(holds(asked.get("words", ""), PEOPLE))
    if role := asked.get("role"):
        people = people.where(User.roles.any(Role.name == role.replace("\0", "")))
    return people.options(selectinload(User.roles)).order_by(func.lower(User.name), User.id)
