"""The absences of another person: enter, change and end them."""

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from models import Right
from portal.accounts.absences import absences_page, finish_absence, save_absence
from portal.people.blueprint import pages, person_for
from portal.web.sign_in import signed_in


@pages.get("/users/<id:user_id>/absences")
@signed_in
def absences(user_id: int) -> ResponseReturnValue:
    """Show the person's absences, and a form to enter one, or to change that in `?change=`."""
    return absences_page("people/absences.html", person_for(Right.EDIT_USERS, user_id))


@pages.post("/users/<id:user_id>/absences")
@signed_in
def set_absences(user_id: int) -> ResponseReturnValue:
    """Enter or change an absence."""
    save_absence(person_for(Right.EDIT_USERS, user_id))
    return redirect(url_for(".absences", user_id=user_id), 303)


@pages.post("/users/<id:user_id>/absences/<id:number>/end")
@signed_in
def end_absence(user_id: int, number: int) -> ResponseReturnValue:
    """End or cancel an absence."""
    finish_absence(person_for(Right.EDIT_USERS, user_id), number)
    return redirect(url_for(".absences", user_id=user_id), 303)
