"""Somebody's history, one page at a time: for themselves, and for whoever may view users."""

from flask import Blueprint, g, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from models import Door, MailingList, Right, User
from portal.paging import page_of
from portal.sign_in import current_user, signed_in
from portal.timeline import sentence
from workflows.history import history
from workflows.people import require, user_by_id

pages = Blueprint("history", __name__)


@pages.get("/account/history")
@signed_in
def mine() -> ResponseReturnValue:
    """What I did, and what was done about me."""
    return shown(current_user())


@pages.get("/users/<int:user_id>/history")
@signed_in
def of_person(user_id: int) -> ResponseReturnValue:
    """The same about somebody else."""
    require(current_user(), Right.VIEW_USERS, Door.PORTAL)
    return shown(user_by_id(g.session, user_id))


def shown(person: User) -> ResponseReturnValue:
    """One page of it; the lists' names are looked up for all rows at once."""
    paged = page_of(g.session, history(person))
    meant = {entry.list_id for entry in paged.rows if entry.list_id is not None}
    named = select(MailingList.id, MailingList.name).where(MailingList.id.in_(meant))
    return render_template(
        "history/history.html",
        person=person,
        paged=paged,
        list_names=dict(g.session.execute(named).all()),
        sentence=sentence,
    )
