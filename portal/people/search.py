"""Search for people by name or address, by role, and by the status of their account."""

from flask import g, render_template, request
from flask.typing import ResponseReturnValue

from models import Right
from portal.people.blueprint import pages
from portal.web.paging import page_of
from portal.web.sign_in import current_actor, signed_in
from workflows.access import require
from workflows.queries.role_overview import all_roles
from workflows.queries.user_search import search_users


@pages.get("/users")
@signed_in
def search() -> ResponseReturnValue:
    """Show the matching people; without a search, everyone who was not removed."""
    require(current_actor(), Right.VIEW_USERS)
    query = request.args
    users = search_users(
        query.get("words", ""), status=query.get("standing", ""), role=query.get("role", "")
    )
    return render_template(
        "people/search.html", paged=page_of(g.session, users), roles=all_roles(g.session)
    )
