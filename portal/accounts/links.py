"""Letters with a link: ask for one; GET shows what it opens, POST opens it, once."""

from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from models import Actor, Door, LinkPurpose, MailedLink
from portal.accounts.account import Account
from portal.accounts.blueprint import pages
from portal.accounts.passwords import choose
from portal.accounts.security import spend_a_hash
from portal.accounts.sessions import enter
from portal.web.errors import say
from portal.web.i18n import gettext as _
from portal.web.throttle import LETTERS_PER_PERSON, PER_ADDRESS, limiter, person_meant
from workflows.access import find_user
from workflows.people.account_links import link_by_token, send_link, use_link
from workflows.people.addresses import change_address
from workflows.people.credentials import credentials_of

ASKED_FOR = {"log-in": LinkPurpose.LOG_IN, "password": LinkPurpose.RESET}
CHOOSING = {LinkPurpose.RESET, LinkPurpose.INVITATION}


@pages.get("/letter/<any('log-in', password):wish>")
def ask_letter(wish: str) -> ResponseReturnValue:
    """Ask for the address that the letter goes to."""
    return render_template("accounts/ask_letter.html", wish=wish)


@pages.post("/letter/<any('log-in', password):wish>")
@limiter.limit(LETTERS_PER_PERSON, key_func=person_meant)
@limiter.limit(PER_ADDRESS)
def send_letter(wish: str) -> ResponseReturnValue:
    """Send it if somebody has this address; the answer is the same, and takes as long."""
    user = find_user(g.session, request.form.get("address", ""))
    if user is not None:
        send_link(g.session, user, ASKED_FOR[wish])
    # Argon2 takes so much longer than two rows that these are lost in its jitter.
    spend_a_hash()
    return redirect(url_for("accounts.letter_sent"), 303)


@pages.get("/letter/sent")
def letter_sent() -> ResponseReturnValue:
    """Say that a letter is on its way, to whoever has an account."""
    return render_template("accounts/letter_sent.html")


@pages.get("/link/<token>")
def show_link(token: str) -> ResponseReturnValue:
    """What the link opens, and a button: mail scanners follow links, and press none."""
    return link_page(link_by_token(g.session, token))


@pages.post("/link/<token>")
@limiter.limit(PER_ADDRESS)
def open_link(token: str) -> ResponseReturnValue:
    """Use it: log in, with a new password if that is what it is for; or confirm an address."""
    link = use_link(g.session, token)
    g.language = link.user.language
    if link.new_address is not None:
        change_address(g.session, link.user, link.new_address, actor=Actor(link.user, Door.PORTAL))
        # Whoever reads the new mailbox is not yet known to be the person: no log-in follows.
        say(_("From now on we use your new address."))
        return redirect(url_for("home.show"), 303)
    if link.purpose in CHOOSING:
        choose(link.user)
    account = Account(credentials_of(g.session, link.user))
    return enter(account, how="link", onward=url_for("home.show"))


def link_page(link: MailedLink) -> str:
    """The page, in the language of the person it is for."""
    g.language = link.user.language
    choosing = link.purpose in CHOOSING
    return render_template("accounts/link.html", link=link, choosing=choosing)
