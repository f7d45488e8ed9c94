"""The page behind the link in a copy, by which its recipient leaves the list."""

from flask import Blueprint, Response, g, render_template, request
from flask.typing import ResponseReturnValue

from models import SelfService
from notifications.mime.list_mail import EXAMPLE_TOKEN
from portal.web.i18n import gettext as _
from workflows.subscriptions.one_click import is_subscribed, unsubscribe_by_token
from workflows.subscriptions.tokens import TokenOwner, owner_of

pages = Blueprint("unsubscribe", __name__)

# What a mailbox provider posts when its user presses its own button (RFC 8058, 3.1).
ONE_CLICK = ("List-Unsubscribe", "One-Click")


@pages.get("/unsubscribe/<token>")
def show(token: str) -> ResponseReturnValue:
    """Show a button; a GET must not unsubscribe, because link scanners fetch it."""
    if token == EXAMPLE_TOKEN:
        return render_template("subscriptions/unsubscribe_example.html")
    return page(owner_with(token))


@pages.post("/unsubscribe/<token>")
def leave(token: str) -> ResponseReturnValue:
    """Unsubscribe, without log-in and without redirect; a second time changes nothing."""
    owner = owner_with(token)
    unsubscribe_by_token(g.session, owner)
    name, value = ONE_CLICK
    if request.form.get(name) == value:
        words = _("You are no longer on the list %(list)s.") % {"list": owner.mailing_list.name}
        return Response(f"{words}\n", mimetype="text/plain")
    return page(owner)


def owner_with(token: str) -> TokenOwner:
    """Return whom the token names, and set the page to their language; raises Unknown."""
    owner = owner_of(g.session, token)
    g.language = owner.user.language
    return owner


def page(owner: TokenOwner) -> str:
    """Render the button, or that the person is not on the list.

    It does not name the person: the mail may have been forwarded.
    """
    return render_template(
        "subscriptions/unsubscribe.html",
        list=owner.mailing_list,
        subscribed=is_subscribed(g.session, owner),
        closed=owner.mailing_list.self_service is SelfService.CLOSED,
    )
