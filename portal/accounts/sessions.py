"""Log in with a password, and log out."""

from datetime import timedelta

import flask_login
from flask import current_app, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_security import login_user, logout_user

from models import Actor, Credentials, Door, Invalid
from models.clock import now
from portal.accounts.account import SESSION_ID, Account
from portal.accounts.blueprint import pages
from portal.accounts.devices import guesser, remember_device
from portal.accounts.guessable import LONGEST_PASSWORD
from portal.accounts.security import compute_dummy_hash
from portal.web.kept_form import kept_for
from portal.web.sign_in import reader, safe_next
from portal.web.throttle import PER_ADDRESS, PER_PERSON, is_failed_attempt, limiter
from workflows.access import find_user
from workflows.people.credentials import note_log_in
from workflows.people.sessions import begin_session, end_session

# Between password and code: long enough to find the telephone.
PENDING_FOR = timedelta(minutes=10)


@pages.get("/log-in")
def log_in() -> ResponseReturnValue:
    """Show the log-in form; redirect if the reader has logged in."""
    if reader():
        return redirect(safe_next(request.args.get("next")), 303)
    return render_template("accounts/log_in.html", onward=safe_next(request.values.get("next")))


@pages.post("/log-in")
@limiter.limit(PER_PERSON, key_func=guesser, deduct_when=is_failed_attempt)
@limiter.limit(PER_ADDRESS, deduct_when=is_failed_attempt)
def try_password() -> ResponseReturnValue:
    """Log in with the password; the refusal does not say what was wrong."""
    account = verified(request.form.get("address", ""), request.form.get("password", ""))
    if account is None:
        raise Invalid("The address or the password is wrong.")
    return begin_log_in(account, how="password", onward=safe_next(request.form.get("next")))


def verified(address: str, password: str) -> Account | None:
    """Return the account if this is its password; take as long if there is none."""
    user = find_user(g.session, address)
    credentials = g.session.get(Credentials, user.id) if user else None
    normal = current_app.extensions["security"].password_util.normalize(password)
    if len(normal) > LONGEST_PASSWORD:  # no stored password is as long
        compute_dummy_hash()
        return None
    if credentials is None or credentials.password_hash is None or credentials.user.disabled_at:
        compute_dummy_hash(normal)
        return None
    account = Account(credentials)
    return account if account.verify_and_update_password(normal) else None


def begin_log_in(account: Account, *, how: str, onward: str) -> ResponseReturnValue:
    """Log in, or ask for a code first if the account has a second factor."""
    if account.credentials.totp_secret is None:
        return log_in_as(account, how=how, onward=onward)
    session["pending_log_in"] = {
        "stamp": account.fs_uniquifier,
        "how": how,
        "until": (now() + PENDING_FOR).timestamp(),
    }
    return redirect(url_for("accounts.ask_code", next=onward), 303)


def log_in_as(account: Account, *, how: str, onward: str) -> ResponseReturnValue:
    """Log in with a new session; of the previous one, only a form of the same user remains.

    Its page, where it is filled in again, comes before `onward`.  This browser becomes a known
    device.
    """
    kept = kept_for(account.user)
    replace_session(account)
    if kept is not None:
        session["kept_form"] = kept
        onward = f"{kept['page']}?kept=yes"
    note_log_in(g.session, how=how, actor=Actor(account.user, Door.PORTAL))
    response = redirect(onward, 303)
    remember_device(response, account.credentials)
    return response


def replace_session(account: Account) -> None:
    """Begin a session of this account; the browser's old one ends, and nothing of it remains."""
    end_session(g.session, session.get(SESSION_ID, ""))
    session.clear()
    session.permanent = True
    login_user(account, remember=False)
    session[SESSION_ID] = begin_session(g.session, account.user)


@pages.post("/log-out")
def log_out() -> ResponseReturnValue:
    """End this session, in the database: a copy of its cookie no longer works."""
    end_session(g.session, session.get(SESSION_ID, ""))
    if flask_login.current_user.is_authenticated:
        logout_user()
    session.clear()
    return redirect(url_for("accounts.log_in"), 303)
