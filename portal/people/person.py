"""One person: contact, roles, lists; disable, enable, invite again, turn off the codes."""

from flask import abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from models import ApproverList, Credentials, MailingList, Right, Subscription, User
from portal.people.blueprint import pages, person_to
from portal.web.errors import say
from portal.web.i18n import gettext as _
from portal.web.sign_in import current_actor, signed_in
from workflows.people.account_links import invite
from workflows.people.credentials import turn_off_codes
from workflows.people.last_administrator import is_last_administrator
from workflows.people.users import disable, enable


@pages.get("/users/<id:user_id>")
@signed_in
def show(user_id: int) -> ResponseReturnValue:
    """Where the person stands."""
    person = person_to(Right.VIEW_USERS, user_id)
    on = select(Subscription.list_id).where(Subscription.user_id == person.id)
    return render_template(
        "people/person.html",
        person=person,
        lists=g.session.scalars(
            select(MailingList).where(MailingList.id.in_(on)).order_by(MailingList.name)
        ).all(),
        approver_lists=g.session.scalars(
            select(ApproverList)
            .where(ApproverList.members.any(User.id == person.id))
            .order_by(ApproverList.name)
        ).all(),
        kept=g.session.get(Credentials, person.id),
        last=is_last_administrator(g.session, person),
    )


@pages.post("/users/<id:user_id>/standing")
@signed_in
def set_standing(user_id: int) -> ResponseReturnValue:
    """Disable the person, or enable them again."""
    person, actor = person_to(Right.EDIT_USERS, user_id), current_actor()
    wish = request.form.get("standing")
    if wish == "disabled":
        disable(g.session, person, actor=actor)
        say(_("%(name)s is disabled.") % {"name": person.name})
    elif wish == "enabled":
        enable(g.session, person, actor=actor)
        say(_("%(name)s is enabled.") % {"name": person.name})
    else:
        abort(400)
    return redirect(url_for(".show", user_id=user_id), 303)


@pages.post("/users/<id:user_id>/codes")
@signed_in
def end_codes(user_id: int) -> ResponseReturnValue:
    """From now on the person, who has lost the telephone, logs in without a code."""
    person = person_to(Right.EDIT_USERS, user_id)
    turn_off_codes(g.session, person, actor=current_actor())
    say(_("%(name)s now logs in without a code.") % {"name": person.name})
    return redirect(url_for(".show", user_id=user_id), 303)


@pages.post("/users/<id:user_id>/invitation")
@signed_in
def invite_again(user_id: int) -> ResponseReturnValue:
    """Send another letter with a link to choose a password."""
    person = person_to(Right.EDIT_USERS, user_id)
    invite(g.session, person, actor=current_actor())
    say(_("%(name)s has been invited.") % {"name": person.name})
    return redirect(url_for(".show", user_id=user_id), 303)
