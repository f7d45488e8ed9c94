"""Choose and change a password; every other session of the person ends."""

from flask import current_app, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_security import hash_password, login_user

from models import Actor, Credentials, Door, Invalid, User
from portal.accounts.account import Account
from portal.accounts.blueprint import pages
from portal.accounts.security import SHORTEST_PASSWORD
from portal.accounts.sessions import proven
from portal.web.errors import say
from portal.web.i18n import gettext as _
from portal.web.sign_in import current_user, signed_in
from portal.web.throttle import PER_PERSON, in_vain, limiter
from workflows.people.credentials import change_password, credentials_of


@pages.get("/account/password")
@signed_in
def password() -> ResponseReturnValue:
    """Ask for the old password, if there is one, and the new one."""
    kept = g.session.get(Credentials, current_user().id)
    return render_template("accounts/password.html", has_one=kept.password_hash is not None)


@pages.post("/account/password")
@signed_in
@limiter.limit(PER_PERSON, key_func=lambda: str(current_user().id), deduct_when=in_vain)
def change() -> ResponseReturnValue:
    """Keep the new password; this session goes on, all others end."""
    user = current_user()
    kept = credentials_of(g.session, user)
    old = request.form.get("old", "")
    if kept.password_hash is not None and proven(user.address, old) is None:
        raise Invalid("The old password is wrong.")
    choose(user)
    session.clear()
    session.permanent = True
    login_user(Account(kept), remember=False)
    say(_("Your password has been changed. All your other sessions have ended."))
    return redirect(url_for("home.show"), 303)


def choose(user: User) -> None:
    """Keep the password of the form for this person; raises Invalid if it is too short."""
    wanted = request.form.get("new", "")
    normal = current_app.extensions["security"].password_util.normalize(wanted)
    if len(normal) < SHORTEST_PASSWORD:
        raise Invalid("A password needs at least 12 characters; several words work well.")
    change_password(g.session, hash_password(normal), actor=Actor(user, Door.PORTAL))
