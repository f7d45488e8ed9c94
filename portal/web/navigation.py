"""The places of the portal, and who is shown the way there; what one may do, the verbs decide."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from flask import current_app, g, request, url_for

from models import Right, User
from portal.web.i18n import gettext
from portal.web.sign_in import reader
from workflows.queries.approver_inbox import is_approver


class Part(StrEnum):
    """The parts of the navigation: what most people come for stands open, the rest in menus."""

    DAILY = "daily"
    ACCOUNT = "account"
    ADMINISTRATION = "administration"


@dataclass(frozen=True)
class Place:
    """One entry of the navigation; `name` and `purpose` are sentences for the page's language."""

    name: str
    purpose: str
    url: str
    here: bool
    part: Part


@dataclass(frozen=True)
class Signpost:
    """Where an entry leads, and to whom it is shown."""

    endpoint: str
    words: Callable[[Callable[[str], str]], tuple[str, str]]
    open_to: Callable[[User], bool] = lambda _: True
    part: Part = Part.DAILY


# A page family adds its line here.  Functions, so that the words stand in `_("...")` where
# translators' tools find them.
SIGNPOSTS = (
    Signpost("home.show", lambda _: (_("Start"), _("Everything you can do here."))),
    Signpost(
        "requests.waiting",
        lambda _: (_("Waiting for you"), _("Messages waiting for your answer.")),
        lambda user: is_approver(g.session, user),
    ),
    Signpost("writing.new", lambda _: (_("Write"), _("Write a message to a list."))),
    Signpost("outbox.show", lambda _: (_("Outbox"), _("See the state of your messages."))),
    Signpost(
        "subscriptions.my_lists",
        lambda _: (_("My lists"), _("Join and leave lists.")),
        lambda _: current_app.config["LISTGATE"].maillists_enabled,
    ),
    Signpost(
        "contacts.details",
        lambda _: (_("My details"), _("Your name, and how Listgate reaches you.")),
        part=Part.ACCOUNT,
    ),
    Signpost(
        "history.mine",
        lambda _: (_("My history"), _("What you did, and what others did that concerns you.")),
        part=Part.ACCOUNT,
    ),
    Signpost(
        "accounts.password",
        lambda _: (_("Your password"), _("Choose or change your password.")),
        part=Part.ACCOUNT,
    ),
    Signpost(
        "accounts.second_factor",
        lambda _: (_("Log-in codes"), _("Require a code from your telephone when you log in.")),
        part=Part.ACCOUNT,
    ),
    Signpost(
        "people.search",
        lambda _: (_("People"), _("Find people, their lists and their roles.")),
        lambda user: user.may(Right.VIEW_USERS),
        part=Part.ADMINISTRATION,
    ),
    Signpost(
        "roles.overview",
        lambda _: (_("Roles"), _("Set what each role allows.")),
        lambda user: user.may(Right.EDIT_USERS),
        part=Part.ADMINISTRATION,
    ),
    Signpost(
        "accounts.new_user",
        lambda _: (_("Invite a person"), _("Add a person, who then chooses a password.")),
        lambda user: user.may(Right.EDIT_USERS),
        part=Part.ADMINISTRATION,
    ),
    Signpost(
        "lists.overview",
        lambda _: (_("Mailing lists"), _("The lists and how they are set up.")),
        lambda user: user.may(Right.VIEW_LISTS),
        part=Part.ADMINISTRATION,
    ),
    Signpost(
        "approver_lists.overview",
        lambda _: (_("Approver lists"), _("Who approves messages to which lists.")),
        lambda user: user.may(Right.USE_APPROVER_LISTS),
        part=Part.ADMINISTRATION,
    ),
    Signpost(
        "trail.show",
        lambda _: (_("Audit trail"), _("Who did what, when and through which door.")),
        lambda user: user.may(Right.VIEW_USERS),
        part=Part.ADMINISTRATION,
    ),
)


def places() -> Iterator[Place]:
    """The places that are open to whoever reads the page."""
    user = reader()
    if user is None:
        return
    for post in SIGNPOSTS:
        if post.open_to(user):
            name, purpose = post.words(gettext)
            yield Place(
                name, purpose, url_for(post.endpoint), request.endpoint == post.endpoint, post.part
            )
