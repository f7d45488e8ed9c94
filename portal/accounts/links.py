"""Mailed links: ask for one; GET shows what it does, POST does it, once."""

from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from models import Actor, Door, LinkPurpose, MailedLink
from portal.accounts.account import Account
from portal.accounts.blueprint import pages
from portal.accounts.devices import guesser
from portal.accounts.passwords import choose
from portal.accounts.security import compute_dummy_hash
from portal.accounts.sessions import begin_log_in
from portal.web.flash import flash
from portal.web.i18n import gettext as _
from portal.web.operators_keys import own_keys
from portal.web.throttle import LETTERS_PER_PERSON, PER_ADDRESS, limiter
from workflows.access import find_user
from workflows.people.account_links import link_by_token, send_link, use_link
from workflows.people.addresses import change_address
from workflows.people.credentials import credentials_of

PURPOSES = {"log-in": LinkPurpose.LOG_IN, "password": LinkPurpose.RESET}
CHOOSES_PASSWORD = {LinkPurpose.RESET, LinkPurpose.INVITATION}


@pages.get("/letter/<any('log-in', password):wish>")
def ask_letter(wish: str) -> ResponseReturnValue:
    """Show the form for the address of the letter."""
    return render_template("accounts/ask_letter.html", wish=wish)


@pages.post("/letter/<any('log-in', password):wish>")
@limiter.limit(LETTERS_PER_PERSON, key_func=guesser)
@limiter.limit(PER_ADDRESS)
def send_letter(wish: str) -> ResponseReturnValue:
    """Send it if someone has this address; otherwise respond the same, and take as long."""
    user = find_user(g.session, request.form.get("address", ""))
    if user is not None:
        send_link(g.session, user, PURPOSES[wish])
    # The time of two INSERTs disappears in the jitter of Argon2.
    compute_dummy_hash()
    return redirect(url_for("accounts.letter_sent"), 303)


@pages.get("/letter/sent")
def letter_sent() -> ResponseReturnValue:
    """Say that a letter has been sent if there is an account."""
    return render_template("accounts/letter_sent.html")


@pages.get("/link/<token>")
def show_link(token: str) -> ResponseReturnValue:
    """Show what the link does, with a button: a GET must not do it, link scanners fetch it."""
    return link_page(link_by_token(g.session, token, own_keys()))


@pages.post("/link/<token>")
@limiter.limit(PER_ADDRESS)
def open_link(token: str) -> ResponseReturnValue:
    """Use the link: log in, with a new password if it is for that, or confirm an address."""
    link = use_link(g.session, token, own_keys())
    g.language = link.user.language
    if link.new_address is not None:
        change_address(g.session, link.user, link.new_address, actor=Actor(link.user, Door.PORTAL))
        # No log-in: the mailbox may belong to someone else, if the address was mistyped.
        flash(_("From now on we use your new address."))
        return redirect(url_for("home.show"), 303)
    if link.purpose in CHOOSES_PASSWORD:
        choose(link.user)
    account = Account(credentials_of(g.session, link.user))
    return begin_log_in(account, how="link", onward=url_for("home.show"))


def link_page(link: MailedLink) -> str:
    """Render the page, in the language of the link's user."""
    g.language = link.user.language
    choosing = link.purpose in CHOOSES_PASSWORD
    return render_template("accounts/link.html", link=link, choosing=choosing)
