"""My absences: enter, change and end them, and name a deputy."""

from datetime import date
from zoneinfo import ZoneInfo

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from models import Invalid, User
from models.ids import row_id
from portal.web.flash import flash
from portal.web.i18n import gettext as _
from portal.web.sign_in import current_actor, current_user, signed_in
from portal.web.templating import organisation_zone
from workflows.access import find_user
from workflows.people.absences import (
    Away,
    absence_of,
    absences_ahead,
    end_absence,
    no_deputy,
    set_absence,
)

pages = Blueprint("absences", __name__)


@pages.get("/account/absences")
@signed_in
def mine() -> ResponseReturnValue:
    """Show the reader's absences, and a form to enter one, or to change that in `?change=`."""
    return absences_page("contacts/absences.html", current_user())


@pages.post("/account/absences")
@signed_in
def save() -> ResponseReturnValue:
    """Enter or change an absence."""
    save_absence(current_user())
    return redirect(url_for(".mine"), 303)


@pages.post("/account/absences/<id:number>/end")
@signed_in
def end(number: int) -> ResponseReturnValue:
    """End or cancel an absence."""
    finish_absence(current_user(), number)
    return redirect(url_for(".mine"), 303)


def absences_page(template: str, person: User) -> str:
    """Render the person's absences and the form."""
    number = changed_number()
    return render_template(
        template,
        person=person,
        absences=absences_ahead(g.session, [person]),
        changed=absence_of(g.session, person, number) if number else None,
        zone=zone_of(person).key,
    )


def save_absence(person: User) -> None:
    """Save what was typed; raises Invalid."""
    typed = request.form.get("deputy", "").strip()
    deputy = find_user(g.session, typed) if typed else None
    if typed and deputy is None:
        # As for a person on none of the lists, so that the page does not show who has an account.
        raise no_deputy(person)
    zone = zone_of(person)
    away = Away(typed_day("first"), typed_day("last"), zone, deputy)
    actor, number = current_actor(), changed_number()
    set_absence(g.session, person, away, actor=actor, number=number)
    flash(_("The absence has been saved."))


def finish_absence(person: User, number: int) -> None:
    """End or cancel the absence."""
    end_absence(g.session, person, number, actor=current_actor())
    flash(_("The absence has ended."))


def changed_number() -> int | None:
    """Return the number of the absence to change; None for a new one."""
    return row_id(request.form.get("change") or request.args.get("change", ""))


def typed_day(name: str) -> date:
    """Return the date in this field; raises Invalid."""
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError:
        raise Invalid("This is not a date such as 2027-01-31.") from None


def zone_of(person: User) -> ZoneInfo:
    """Return the time zone in which the person's days begin and end."""
    return ZoneInfo(person.time_zone) if person.time_zone else organisation_zone()
