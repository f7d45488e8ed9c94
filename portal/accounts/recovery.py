"""Recovery codes of the second factor: made with it and again on request, shown once."""

from base64 import b32encode
from hmac import digest
from secrets import token_hex

from flask import g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from models import Actor, Credentials, Door, Invalid, User
from models.clock import now
from portal.accounts.account import Account
from portal.accounts.blueprint import pages
from portal.accounts.devices import signed_in_guesser
from portal.accounts.second_factor import require_code
from portal.web.operators_keys import own_keys
from portal.web.sign_in import current_actor, current_user, signed_in
from portal.web.throttle import PER_PERSON, is_failed_attempt, limiter
from workflows.people.credentials import credentials_of
from workflows.people.recovery_codes import (
    recovery_codes_left,
    replace_recovery_codes,
    use_recovery_code,
)

NUMBER = 10
LENGTH = 12  # base32 characters: 60 bits; guesses are throttled
# Between making the codes and the page that shows them.
SHOWN_WITHIN = 600  # seconds


@pages.get("/account/recovery-codes")
@signed_in
def recovery_codes() -> ResponseReturnValue:
    """Show new codes, once; afterwards how many are left, and a form to make new ones."""
    user = current_user()
    credentials = g.session.get(Credentials, user.id)
    made = session.pop("recovery_codes", None)
    return render_template(
        "accounts/recovery_codes.html",
        is_on=credentials.totp_secret is not None,
        codes=codes_from(made["seed"]) if made and made["until"] > now().timestamp() else [],
        left=recovery_codes_left(g.session, user),
    )


@pages.post("/account/recovery-codes")
@signed_in
@limiter.limit(PER_PERSON, key_func=signed_in_guesser, deduct_when=is_failed_attempt)
def make_recovery_codes() -> ResponseReturnValue:
    """Make new codes, which void the old ones; needs a code from the telephone."""
    actor = current_actor()
    account = Account(credentials_of(g.session, actor.person))
    if account.credentials.totp_secret is None:
        return redirect(url_for("accounts.second_factor"), 303)
    require_code(account, account.credentials.totp_secret)
    return new_codes(actor)


def new_codes(actor: Actor) -> ResponseReturnValue:
    """Replace the codes; redirect to the page that shows the new ones.

    The session holds only a seed: the codes are derived from it and SECRET_KEY.
    """
    seed = token_hex()
    hashes = [hash_of(code, actor.person) for code in codes_from(seed)]
    replace_recovery_codes(g.session, hashes, actor=actor)
    session["recovery_codes"] = {"seed": seed, "until": now().timestamp() + SHOWN_WITHIN}
    return redirect(url_for("accounts.recovery_codes"), 303)


def require_second_factor(account: Account) -> str:
    """Return which of code and recovery code the form has; raise Invalid if it does not count."""
    if "recovery" not in request.form:
        require_code(account, account.credentials.totp_secret)
        return "code"
    actor = Actor(account.user, Door.PORTAL)
    typed = hash_of(request.form["recovery"], account.user)
    if not use_recovery_code(g.session, typed, actor=actor):
        raise Invalid("This recovery code is wrong or has already been used.")
    return "recovery code"


def codes_from(seed: str) -> list[str]:
    """Return the codes of this seed, as people read them: abcd-efgh-ijkl."""
    key = own_keys().derived("recovery codes")
    made = [b32encode(digest(key, f"{seed}:{one}".encode(), "sha256")) for one in range(NUMBER)]
    plain = [each.decode().lower()[:LENGTH] for each in made]
    return ["-".join((one[:4], one[4:8], one[8:])) for one in plain]


def hash_of(typed: str, user: User) -> str:
    """Return the form in which the database stores a code of this person."""
    plain = "".join(filter(str.isalnum, typed)).lower()
    key = own_keys().derived("hashes of recovery codes")
    return digest(key, f"{user.id}:{plain}".encode(), "sha256").hex()
