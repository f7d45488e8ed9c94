"""Log in with a password, and out again."""

from datetime import timedelta

import flask_login
from flask import current_app, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_security import login_user, logout_user

from models import Actor, Credentials, Door, Invalid
from models.clock import now
from portal.accounts.account import Account
from portal.accounts.blueprint import pages
from portal.accounts.security import spend_a_hash
from portal.web.sign_in import reader, safe_next
from portal.web.throttle import PER_ADDRESS, PER_PERSON, in_vain, limiter, person_meant
from workflows.access import find_user
from workflows.people.credentials import note_log_in

# Long enough to find the telephone that shows the code.
HALF_WAY_FOR = timedelta(minutes=10)


@pages.get("/log-in")
def log_in() -> ResponseReturnValue:
    """Ask for address and password, or only the address."""
    if reader():
        return redirect(safe_next(request.args.get("next")), 303)
    return render_template("accounts/log_in.html", onward=safe_next(request.values.get("next")))


@pages.post("/log-in")
@limiter.limit(PER_PERSON, key_func=person_meant, deduct_when=in_vain)
@limiter.limit(PER_ADDRESS, deduct_when=in_vain)
def try_password() -> ResponseReturnValue:
    """Let in whoever knows the password; why somebody is not let in, nobody learns."""
    account = proven(request.form.get("address", ""), request.form.get("password", ""))
    if account is None:
        raise Invalid("The address or the password is wrong.")
    return enter(account, how="password", onward=safe_next(request.form.get("next")))


def proven(address: str, password: str) -> Account | None:
    """The account, if this is its password; one hash is computed whatever is wrong."""
    user = find_user(g.session, address)
    kept = g.session.get(Credentials, user.id) if user else None
    if kept is None or kept.password_hash is None or kept.user.disabled_at:
        spend_a_hash(password)
        return None
    account = Account(kept)
    normal = current_app.extensions["security"].password_util.normalize(password)
    return account if account.verify_and_update_password(normal) else None


def enter(account: Account, *, how: str, onward: str) -> ResponseReturnValue:
    """Let the person in, by way of a code if they have a second factor."""
    if account.credentials.totp_secret is None:
        return let_in(account, how=how, onward=onward)
    session["half_way"] = {
        "stamp": account.fs_uniquifier,
        "how": how,
        "until": (now() + HALF_WAY_FOR).timestamp(),
    }
    return redirect(url_for("accounts.ask_code", next=onward), 303)


def let_in(account: Account, *, how: str, onward: str) -> ResponseReturnValue:
    """Begin a session; nothing of the one before it is kept."""
    session.clear()
    session.permanent = True
    login_user(account, remember=False)
    note_log_in(g.session, how=how, actor=Actor(account.user, Door.PORTAL))
    return redirect(onward, 303)


@pages.post("/log-out")
def log_out() -> ResponseReturnValue:
    """End this session."""
    if flask_login.current_user.is_authenticated:
        logout_user()
    session.clear()
    return redirect(url_for("accounts.log_in"), 303)
