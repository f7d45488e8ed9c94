"""The second factor: a code at the log-in, turned on and off by its owner."""

from flask import current_app, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from models import Credentials, Invalid
from models.clock import now
from portal.accounts.account import Account, Accounts
from portal.accounts.blueprint import pages
from portal.accounts.security import Codes
from portal.accounts.sessions import let_in
from portal.web.errors import say
from portal.web.i18n import gettext as _
from portal.web.sign_in import current_actor, current_user, safe_next, signed_in
from portal.web.throttle import PER_PERSON, in_vain, limiter
from workflows.people.credentials import credentials_of, turn_off_codes, turn_on_codes

# A code of the slot before or after counts too: telephones' clocks are not exact.
WINDOW = 30  # seconds


def half_way() -> str:
    """Whose password was right, as the session knows it; empty if nobody's, or too long ago."""
    found = session.get("half_way", {})
    return str(found["stamp"]) if found and found["until"] > now().timestamp() else ""


@pages.get("/log-in/code")
def ask_code() -> ResponseReturnValue:
    """Ask for the code that the telephone shows."""
    onward = safe_next(request.values.get("next"))
    if not half_way():
        return redirect(url_for("accounts.log_in", next=onward), 303)
    return render_template("accounts/code.html", onward=onward)


@pages.post("/log-in/code")
@limiter.limit(PER_PERSON, key_func=half_way, deduct_when=in_vain)
def try_code() -> ResponseReturnValue:
    """Let in whoever has the telephone, too."""
    onward = safe_next(request.form.get("next"))
    found = Accounts().find_user(fs_uniquifier=half_way())
    if found is None or not found.active:
        return redirect(url_for("accounts.log_in", next=onward), 303)
    account = Account(credentials_of(g.session, found.user))
    require_code(account, account.credentials.totp_secret)
    return let_in(account, how=f"{session['half_way']['how']} and code", onward=onward)


def require_code(account: Account, secret: str | None) -> None:
    """Raises Invalid unless the form has a code of this secret that was not used before."""
    code = request.form.get("code", "").replace(" ", "")
    if secret is None or not codes().verify_totp(code, secret, account, WINDOW):
        raise Invalid("This code is wrong or has already been used.")


def codes() -> Codes:
    """What makes and checks codes."""
    made: Codes = current_app.extensions["security"].totp_factory
    return made


@pages.get("/account/codes")
@signed_in
def second_factor() -> ResponseReturnValue:
    """Whether it is on; if not, the secret to put into a telephone, which the session keeps."""
    kept = g.session.get(Credentials, current_user().id)
    if kept.totp_secret is not None:
        return render_template("accounts/codes_off.html")
    if "new_secret" not in session:
        session["new_secret"] = codes().generate_totp_secret()
    secret, name = session["new_secret"], Account(kept).calc_username()
    return render_template(
        "accounts/codes_on.html",
        image=codes().generate_qrcode(name, secret),
        key=codes().get_totp_pretty_key(secret),
    )


@pages.post("/account/codes")
@signed_in
def turn_second_factor() -> ResponseReturnValue:
    """On with the first code of the new secret, off with one more code."""
    actor = current_actor()
    account = Account(credentials_of(g.session, actor.person))
    if (secret := account.credentials.totp_secret) is not None:
        require_code(account, secret)
        turn_off_codes(g.session, actor.person, actor=actor)
        say(_("From now on you log in without a code."))
    else:
        secret = session.get("new_secret")
        require_code(account, secret)
        assert secret is not None
        counter = account.credentials.totp_counter
        assert counter is not None
        turn_on_codes(g.session, secret, counter=counter, actor=actor)
        session.pop("new_secret")
        say(_("From now on you also need a code to log in."))
    return redirect(url_for("accounts.second_factor"), 303)
