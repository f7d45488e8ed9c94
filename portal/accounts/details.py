"""My details: name, language, time zone, telephone, how I want to be asked; and my address."""

from functools import cache
from zoneinfo import available_timezones

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from models import Invalid, Language, Preference
from portal.web.errors import say
from portal.web.i18n import gettext as _
from portal.web.sign_in import current_actor, current_user, signed_in
from portal.web.throttle import LETTERS_PER_PERSON, limiter
from workflows.people.addresses import request_address_change
from workflows.people.contacts import ContactChanges, change_contact

pages = Blueprint("contacts", __name__)


@pages.get("/account/details")
@signed_in
def details() -> ResponseReturnValue:
    """What Listgate knows of me."""
    return render_template("contacts/details.html", person=current_user(), zones=zones())


@pages.post("/account/details")
@signed_in
def change() -> ResponseReturnValue:
    """Keep what the form says."""
    user = current_user()
    change_contact(g.session, user, wanted(), actor=current_actor())
    # The next page, and what it says, are in the new language already.
    g.language = user.language
    say(_("Your details have been saved."))
    return redirect(url_for(".details"), 303)


@pages.get("/account/address")
@signed_in
def address() -> ResponseReturnValue:
    """Ask for another address."""
    return render_template("contacts/address.html", person=current_user())


@pages.post("/account/address")
@signed_in
@limiter.limit(LETTERS_PER_PERSON, key_func=lambda: str(current_user().id))
def ask() -> ResponseReturnValue:
    """Send a letter to the new address; until its link is used, the old one counts."""
    request_address_change(g.session, current_user(), request.form.get("address", ""))
    say(
        _("We have sent an e-mail to the new address. Until you open its link, we use the old one.")
    )
    return redirect(url_for(".details"), 303)


def wanted() -> ContactChanges:
    """What a contact form says; raises Invalid."""
    given = request.form
    try:
        return ContactChanges(
            name=given.get("name"),
            language=Language(given["language"]) if "language" in given else None,
            time_zone=given.get("time_zone", type=str.strip),
            phone=given.get("phone", type=str.strip),
            preference=Preference(given["preference"]) if "preference" in given else None,
        )
    except ValueError:
        raise Invalid("This is not one of the choices.") from None


@cache
def zones() -> list[str]:
    """The time zones to choose from: those named after a place, which people know."""
    return sorted(one for one in available_timezones() if "/" in one and one[:4] != "Etc/")
