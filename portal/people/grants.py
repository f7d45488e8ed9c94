"""The roles of a person on single lists and on sets of lists: grant and revoke."""

from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from models import Right
from portal.people.blueprint import pages, person_for
from portal.web.flash import flash
from portal.web.i18n import gettext as _
from portal.web.sign_in import current_actor, signed_in
from workflows.lists.list_sets import all_list_sets, list_set_named
from workflows.lists.lists import list_named
from workflows.people.roles import revoke_grant
from workflows.people.users import Place, grant
from workflows.queries.list_search import list_choices
from workflows.queries.role_overview import all_roles

# Before the name of a set in the field; short names of lists have no colon.
SET = "set:"


@pages.get("/users/<id:user_id>/grants")
@signed_in
def grants(user_id: int) -> ResponseReturnValue:
    """Show the roles on lists, and a form to grant another one."""
    person = person_for(Right.EDIT_USERS, user_id)
    sets = [
        (SET + one.name, _("Set: %(name)s") % {"name": one.name})
        for one in all_list_sets(g.session)
    ]
    return render_template(
        "people/grants.html",
        person=person,
        roles=[(one.name, one.name) for one in all_roles(g.session)],
        places=[*sets, *list_choices(g.session, archived=False)],
    )


@pages.post("/users/<id:user_id>/grants")
@signed_in
def add_grant(user_id: int) -> ResponseReturnValue:
    """Grant a role on the chosen list or set."""
    person, role = person_for(Right.EDIT_USERS, user_id), request.form.get("role", "")
    grant(g.session, person, role, on=chosen_place(), actor=current_actor())
    flash(_("The change has been saved."))
    return redirect(url_for(".grants", user_id=user_id), 303)


@pages.post("/users/<id:user_id>/grants/<id:grant_id>/end")
@signed_in
def end_grant(user_id: int, grant_id: int) -> ResponseReturnValue:
    """Revoke a role."""
    person = person_for(Right.EDIT_USERS, user_id)
    revoke_grant(g.session, person, grant_id, actor=current_actor())
    flash(_("The change has been saved."))
    return redirect(url_for(".grants", user_id=user_id), 303)


def chosen_place() -> Place:
    """Return the chosen list or set; raises Unknown."""
    place = request.form.get("place", "").replace("\0", "")
    if place.startswith(SET):
        return list_set_named(g.session, place.removeprefix(SET))
    return list_named(g.session, place)
