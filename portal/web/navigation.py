"""The navigation: which pages to link for a reader.  It grants nothing: workflows check rights."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from flask import g, request, url_for

from models import Right, User
from portal.web.i18n import gettext
from portal.web.sign_in import reader
from workflows.queries.approver_inbox import is_approver


class Part(StrEnum):
    """The parts of the navigation: daily pages are links, the rest is in menus."""

    DAILY = "daily"
    ACCOUNT = "account"
    ADMINISTRATION = "administration"


@dataclass(frozen=True)
class NavLink:
    """A link of the navigation; `name` and `purpose` are in the page's language."""

    name: str
    purpose: str
    url: str
    is_current: bool
    part: Part


@dataclass(frozen=True)
class NavItem:
    """A page of the navigation, and the condition for showing it."""

    endpoint: str
    words: Callable[[Callable[[str], str]], tuple[str, str]]
    visible_to: Callable[[User], bool] = lambda _: True
    part: Part = Part.DAILY


# `words` are functions, so that pybabel finds the sentences in `_("...")`.
NAV_ITEMS = (
    NavItem("home.show", lambda _: (_("Start"), _("Everything you can do here."))),
    NavItem(
        "requests.waiting",
        lambda _: (_("Waiting for you"), _("Messages waiting for your answer.")),
        lambda user: is_approver(g.session, user),
    ),
    NavItem("writing.new", lambda _: (_("Write"), _("Write a message to a list."))),
    NavItem("outbox.show", lambda _: (_("Outbox"), _("See the state of your messages."))),
    NavItem(
        "subscriptions.my_lists",
        lambda _: (_("My lists"), _("Join and leave lists.")),
    ),
    NavItem(
        "contacts.details",
        lambda _: (_("My details"), _("Your name, and how Listgate reaches you.")),
        part=Part.ACCOUNT,
    ),
    NavItem(
        "history.mine",
        lambda _: (_("My history"), _("What you did, and what others did that concerns you.")),
        part=Part.ACCOUNT,
    ),
    NavItem(
        "accounts.password",
        lambda _: (_("Your password"), _("Choose or change your password.")),
        part=Part.ACCOUNT,
    ),
    NavItem(
        "accounts.second_factor",
        lambda _: (_("Log-in codes"), _("Require a code from your telephone when you log in.")),
        part=Part.ACCOUNT,
    ),
    NavItem(
        "people.search",
        lambda _: (_("People"), _("Find people, their lists and their roles.")),
        lambda user: user.may(Right.VIEW_USERS),
        part=Part.ADMINISTRATION,
    ),
    NavItem(
        "roles.overview",
        lambda _: (_("Roles"), _("Set what each role allows.")),
        lambda user: user.may(Right.EDIT_USERS),
        part=Part.ADMINISTRATION,
    ),
    NavItem(
        "list_sets.overview",
        lambda _: (_("Sets of lists"), _("Grant roles on several lists together.")),
        lambda user: user.may(Right.EDIT_USERS),
        part=Part.ADMINISTRATION,
    ),
    NavItem(
        "services.overview",
        lambda _: (_("Services"), _("Other programs that act here, and their keys.")),
        lambda user: user.may(Right.EDIT_USERS),
        part=Part.ADMINISTRATION,
    ),
    NavItem(
        "accounts.new_user",
        lambda _: (_("Invite a person"), _("Add a person, who then chooses a password.")),
        lambda user: user.may(Right.EDIT_USERS),
        part=Part.ADMINISTRATION,
    ),
    NavItem(
        "lists.overview",
        lambda _: (_("Mailing lists"), _("The lists and how they are set up.")),
        lambda user: user.may_somewhere(Right.VIEW_LISTS),
        part=Part.ADMINISTRATION,
    ),
    NavItem(
        "approver_lists.overview",
        lambda _: (_("Approver lists"), _("Who approves messages to which lists.")),
        lambda user: user.may(Right.USE_APPROVER_LISTS),
        part=Part.ADMINISTRATION,
    ),
    NavItem(
        "trail.show",
        lambda _: (_("Audit trail"), _("Who did what, when and through which door.")),
        lambda user: user.may(Right.VIEW_USERS),
        part=Part.ADMINISTRATION,
    ),
)


def nav_links() -> Iterator[NavLink]:
    """Yield the links to show to the reader; none before the log-in."""
    user = reader()
    if user is None:
        return
    for item in NAV_ITEMS:
        if item.visible_to(user):
            name, purpose = item.words(gettext)
            url, is_current = url_for(item.endpoint), request.endpoint == item.endpoint
            yield NavLink(name, purpose, url, is_current, item.part)
