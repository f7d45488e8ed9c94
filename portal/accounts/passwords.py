"""Choose and change a password, which ends all other sessions of the user."""

from flask import current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_security import hash_password

from models import Actor, Credentials, Door, Invalid, User
from portal.accounts.account import Account
from portal.accounts.blueprint import pages
from portal.accounts.devices import remember_device
from portal.accounts.guessable import require_good_password
from portal.accounts.sessions import replace_session, verified
from portal.web.flash import flash
from portal.web.i18n import gettext as _
from portal.web.sign_in import current_user, signed_in
from portal.web.throttle import PER_PERSON, is_failed_attempt, limiter
from workflows.people.credentials import change_password, credentials_of


@pages.get("/account/password")
@signed_in
def password() -> ResponseReturnValue:
    """Show the form for the old password, if there is one, and the new one."""
    credentials = g.session.get(Credentials, current_user().id)
    return render_template("accounts/password.html", has_one=credentials.password_hash is not None)


@pages.post("/account/password")
@signed_in
@limiter.limit(PER_PERSON, key_func=lambda: str(current_user().id), deduct_when=is_failed_attempt)
def change() -> ResponseReturnValue:
    """Save the new password; this session continues, all others end."""
    user = current_user()
    credentials = credentials_of(g.session, user)
    old = request.form.get("old", "")
    if credentials.password_hash is not None and verified(user.address, old) is None:
        raise Invalid("The old password is wrong.")
    choose(user)
    replace_session(Account(credentials))
    flash(_("Your password has been changed. All your other sessions have ended."))
    response = redirect(url_for("home.show"), 303)
    remember_device(response, credentials)
    return response


def choose(user: User) -> None:
    """Save the password from the form; raises Invalid if it is not good enough."""
    typed = request.form.get("new", "")
    normal = current_app.extensions["security"].password_util.normalize(typed)
    require_good_password(normal, user)
    change_password(g.session, hash_password(normal), actor=Actor(user, Door.PORTAL))
