"""The second factor: a code at log-in, turned on and off by the user."""

from flask import g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from models import Credentials
from models.clock import now
from portal.accounts.account import Account
from portal.accounts.blueprint import pages
from portal.accounts.devices import pending_guesser, signed_in_guesser
from portal.accounts.recovery import new_codes, require_second_factor
from portal.accounts.second_factor import codes, require_code
from portal.accounts.sessions import log_in_as
from portal.web.flash import flash
from portal.web.i18n import gettext as _
from portal.web.sign_in import current_actor, current_user, safe_next, signed_in
from portal.web.throttle import PER_PERSON, is_failed_attempt, limiter
from workflows.people.credentials import (
    credentials_of,
    credentials_with_stamp,
    turn_off_codes,
    turn_on_codes,
)


def pending_stamp() -> str:
    """Return the session stamp of the account that still needs a code; empty if none or expired."""
    pending = session.get("pending_log_in", {})
    return str(pending["stamp"]) if pending and pending["until"] > now().timestamp() else ""


@pages.get("/log-in/code")
def ask_code() -> ResponseReturnValue:
    """Show the form for the code."""
    onward = safe_next(request.values.get("next"))
    if not pending_stamp():
        return redirect(url_for("accounts.log_in", next=onward), 303)
    return render_template("accounts/code.html", onward=onward)


@pages.post("/log-in/code")
@limiter.limit(PER_PERSON, key_func=pending_guesser, deduct_when=is_failed_attempt)
def try_code() -> ResponseReturnValue:
    """Log in with the code."""
    onward = safe_next(request.form.get("next"))
    pending = credentials_with_stamp(g.session, pending_stamp())
    if pending is None or pending.user.disabled_at:
        return redirect(url_for("accounts.log_in", next=onward), 303)
    account = Account(credentials_of(g.session, pending.user))
    how = f"{session['pending_log_in']['how']} and {require_second_factor(account)}"
    return log_in_as(account, how=how, onward=onward)


@pages.get("/account/codes")
@signed_in
def second_factor() -> ResponseReturnValue:
    """Show how to turn codes off, or on: with a new secret, which the session holds until then."""
    credentials = g.session.get(Credentials, current_user().id)
    if credentials.totp_secret is not None:
        return render_template("accounts/codes_off.html")
    if "new_secret" not in session:
        session["new_secret"] = codes().generate_totp_secret()
    secret, name = session["new_secret"], Account(credentials).calc_username()
    return render_template(
        "accounts/codes_on.html",
        image=codes().generate_qrcode(name, secret),
        key=codes().get_totp_pretty_key(secret),
    )


@pages.post("/account/codes")
@signed_in
@limiter.limit(PER_PERSON, key_func=signed_in_guesser, deduct_when=is_failed_attempt)
def turn_second_factor() -> ResponseReturnValue:
    """Turn codes on with the first code of the new secret, or off with one more code."""
    actor = current_actor()
    account = Account(credentials_of(g.session, actor.person))
    if account.credentials.totp_secret is not None:
        require_second_factor(account)
        turn_off_codes(g.session, actor.person, actor=actor)
        flash(_("From now on you log in without a code."))
        return redirect(url_for("accounts.second_factor"), 303)
    secret = session.get("new_secret")
    require_code(account, secret)
    assert secret is not None
    counter = account.credentials.totp_counter
    assert counter is not None
    turn_on_codes(g.session, secret, counter=counter, actor=actor)
    session.pop("new_secret")
    flash(_("From now on you also need a code to log in."))
    return new_codes(actor)
