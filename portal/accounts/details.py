"""My details: name, language, time zone, telephone, notifications; and my address."""

from functools import cache
from zoneinfo import available_timezones

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from models import Invalid, Language, Preference
from portal.web.flash import flash
from portal.web.i18n import gettext as _
from portal.web.sign_in import current_actor, current_user, signed_in
from portal.web.throttle import LETTERS_PER_PERSON, limiter
from workflows.people.addresses import request_address_change
from workflows.people.contacts import ContactChanges, change_contact

pages = Blueprint("contacts", __name__)


@pages.get("/account/details")
@signed_in
def details() -> ResponseReturnValue:
    """Show the form with the reader's details."""
    return render_template("contacts/details.html", person=current_user(), zones=zones())


@pages.post("/account/details")
@signed_in
def change() -> ResponseReturnValue:
    """Save the details."""
    user = current_user()
    change_contact(g.session, user, typed_changes(), actor=current_actor())
    # The next page, with its message, is already in the new language.
    g.language = user.language
    flash(_("Your details have been saved."))
    return redirect(url_for(".details"), 303)


@pages.get("/account/address")
@signed_in
def address() -> ResponseReturnValue:
    """Show the form for another address."""
    return render_template("contacts/address.html", person=current_user())


@pages.post("/account/address")
@signed_in
@limiter.limit(LETTERS_PER_PERSON, key_func=lambda: str(current_user().id))
def ask() -> ResponseReturnValue:
    """Send a letter with a link to the new address; the old one counts until the link is used."""
    request_address_change(g.session, current_user(), request.form.get("address", ""))
    flash(
        _("We have sent an e-mail to the new address. Until you open its link, we use the old one.")
    )
    return redirect(url_for(".details"), 303)


def typed_changes() -> ContactChanges:
    """Return the fields of a contact form; raises Invalid."""
    form = request.form
    try:
        return ContactChanges(
            name=form.get("name"),
            language=Language(form["language"]) if "language" in form else None,
            time_zone=form.get("time_zone", type=str.strip),
            phone=form.get("phone", type=str.strip),
            preference=Preference(form["preference"]) if "preference" in form else None,
        )
    except ValueError:
        raise Invalid("This is not one of the choices.") from None


@cache
def zones() -> list[str]:
    """Return the time zones to choose from: those named after a place."""
    return sorted(one for one in available_timezones() if "/" in one and one[:4] != "Etc/")
