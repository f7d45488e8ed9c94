"""Which pages the portal has, whom it shows most on them, and what they are asked for there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from flask import Flask, url_for
from werkzeug.routing import Rule


class Reader(StrEnum):
    """Who asks for a page."""

    ADMINISTRATOR = "administrator"
    APPROVER = "approver"
    AUTHOR = "author"
    STRANGER = "stranger"


# Files are not pages; they are measured by themselves.
FILES: Final = {"lists.export": "", "trail.export": "act=approved"}
NO_PAGES: Final = {"static", *FILES}

# Who sees most: of a whole blueprint, or of one endpoint.  Everything else the administrator does.
READERS: Final = {
    "requests": Reader.APPROVER,
    "writing": Reader.AUTHOR,
    "moderation": Reader.STRANGER,
    "accounts.log_in": Reader.STRANGER,
    "accounts.ask_code": Reader.STRANGER,
    "accounts.show_link": Reader.STRANGER,
}

# What is asked for besides, with nothing, little and much to be found, and the last of all pages.
NOTHING: Final = "nothing+of+this+name"
LONG: Final = "words=a+b+c+d+e+f+g+h+i+j+k+l"
SEARCHES: Final[Mapping[str, tuple[str, ...]]] = {
    "people.search": (
        f"words={NOTHING}",
        "words=ada+lovelace+40",
        "words=a",
        "words=member9999@example.org",
        LONG,
        "role=author",
        "standing=disabled",
        "page=200",
    ),
    "outbox.show": (
        f"words={NOTHING}",
        "words=party+17",
        "words=a",
        "words=lovelace",
        LONG,
        "state=sending",
        "state=rejected",
        "list=list-1",
        "own=yes",
        "page=90",
    ),
    "requests.waiting": ("page=5",),
    "subscriptions.my_lists": (f"words={NOTHING}", "words=number+19", "words=a", "mine", "page=4"),
    "history.mine": ("entry=100000&change=1000", "entry=1&change=1"),
    "lists.overview": (f"q={NOTHING}", "q=number+19", "q=a", "shown=archived", "page=4"),
    "lists.subscribers": (f"q={NOTHING}", "q=ada+lovelace+40", "q=a", "after=9940"),
    "approver_lists.show": (f"q={NOTHING}", "q=ada+lovelace+40", "q=a"),
    "trail.show": (
        f"person={NOTHING}",
        "person=ada+lovelace+40",
        "person=a",
        "person=member1@example.org",
        "message=4501",
        f"message={NOTHING}",
        "message=party+17",
        "message=a",
        "list=1",
        "door=mail",
        "act=rejected",
        "person=a&act=rejected&door=mail&list=150",
        f"person={NOTHING}&since=2020-01-01",
        "since=2020-01-01&until=2020-12-31",
        "before=100",
    ),
}


@dataclass(frozen=True)
class Places:
    """What the gaps in addresses are filled with."""

    list_id: int
    approver_list_id: int
    role_id: int
    user_id: int
    message_id: int
    draft_id: int
    request_id: int
    answer: str  # the token of a link to a decision
    link: str  # that of a link to choose a password


@dataclass(frozen=True)
class Visit:
    """Somebody asks for a page."""

    path: str
    reader: Reader


def visits(app: Flask, places: Places) -> Iterator[Visit]:
    """Every page there is, as it is and as it is searched.

    They are taken from the application itself, so that no new page is forgotten.
    """
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and rule.endpoint not in NO_PAGES:
            for query in ("", *SEARCHES.get(rule.endpoint, ())):
                yield visit(app, rule, places, query=query)


def files(app: Flask, places: Places) -> Iterator[Visit]:
    """What can be taken along."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint in FILES:
            yield visit(app, rule, places, query=FILES[rule.endpoint])


def visit(app: Flask, rule: Rule, places: Places, *, query: str) -> Visit:
    """One page, asked for by whoever sees most on it."""
    reader = READERS.get(rule.endpoint.partition(".")[0], Reader.ADMINISTRATOR)
    path = f"{filled(app, rule, places)}?{query}".rstrip("?")
    return Visit(path, READERS.get(rule.endpoint, reader))


def filled(app: Flask, rule: Rule, places: Places) -> str:
    """The address with all its gaps filled; KeyError for a gap that nobody has thought of."""
    blueprint = rule.endpoint.partition(".")[0]
    gaps: dict[str, Any] = {
        "list_id": places.list_id,
        "user_id": places.user_id,
        "message_id": places.draft_id if blueprint == "writing" else places.message_id,
        "request_id": places.request_id,
        "role_id": places.role_id,
        "number": places.approver_list_id if blueprint == "approver_lists" else 0,
        "token": places.link if blueprint == "accounts" else places.answer,
        "wish": "password",
        "_act": "handing_in",
        "name": "standing",  # a part of a message's page
    }
    with app.test_request_context():
        return url_for(rule.endpoint, **{name: gaps[name] for name in rule.arguments})
