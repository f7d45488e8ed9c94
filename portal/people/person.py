"""One person: contact, roles, lists; disable, enable, invite again, turn off log-in codes."""

from flask import abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from models import Credentials, Right
from portal.people.blueprint import pages, person_for
from portal.web.flash import flash
from portal.web.i18n import gettext as _
from portal.web.sign_in import current_actor, signed_in
from workflows.people.absences import absences_ahead
from workflows.people.account_links import invite
from workflows.people.credentials import turn_off_codes
from workflows.people.last_administrator import is_last_administrator
from workflows.people.users import disable, enable
from workflows.queries.suspensions import suspended_lists
from workflows.queries.user_lists import approver_lists_of, lists_of


@pages.get("/users/<id:user_id>")
@signed_in
def show(user_id: int) -> ResponseReturnValue:
    """Show contact details, roles, lists and the state of the account."""
    person = person_for(Right.VIEW_USERS, user_id)
    return render_template(
        "people/person.html",
        person=person,
        lists=lists_of(g.session, person),
        suspended=suspended_lists(g.session, person),
        approver_lists=approver_lists_of(g.session, person),
        absences=absences_ahead(g.session, [person]),
        credentials=g.session.get(Credentials, person.id),
        last=is_last_administrator(g.session, person),
    )


@pages.post("/users/<id:user_id>/standing")
@signed_in
def set_standing(user_id: int) -> ResponseReturnValue:
    """Disable the person, or enable them again."""
    person, actor = person_for(Right.EDIT_USERS, user_id), current_actor()
    wish = request.form.get("standing")
    if wish == "disabled":
        disable(g.session, person, actor=actor)
        flash(_("%(name)s is disabled.") % {"name": person.name})
    elif wish == "enabled":
        enable(g.session, person, actor=actor)
        flash(_("%(name)s is enabled.") % {"name": person.name})
    else:
        abort(400)
    return redirect(url_for(".show", user_id=user_id), 303)


@pages.post("/users/<id:user_id>/codes")
@signed_in
def end_codes(user_id: int) -> ResponseReturnValue:
    """Turn off log-in codes, for a person who has lost the telephone."""
    person = person_for(Right.EDIT_USERS, user_id)
    turn_off_codes(g.session, person, actor=current_actor())
    flash(_("%(name)s now logs in without a code.") % {"name": person.name})
    return redirect(url_for(".show", user_id=user_id), 303)


@pages.post("/users/<id:user_id>/invitation")
@signed_in
def invite_again(user_id: int) -> ResponseReturnValue:
    """Send another letter with a link to choose a password."""
    person = person_for(Right.EDIT_USERS, user_id)
    invite(g.session, person, actor=current_actor())
    flash(_("%(name)s has been invited.") % {"name": person.name})
    return redirect(url_for(".show", user_id=user_id), 303)
