"""The requests of the page benchmark: every page, as whom, and with which queries."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from flask import Flask, url_for
from werkzeug.routing import Rule


class Reader(StrEnum):
    """The user who requests a page."""

    ADMINISTRATOR = "administrator"
    APPROVER = "approver"
    AUTHOR = "author"
    STRANGER = "stranger"


# Files are measured separately.
FILES: Final = {"lists.export": "", "trail.export": "act=approved"}
NOT_PAGES: Final = {"static", "reference.openapi", *FILES}
SERVICES: Final = ("api.", "scim.", "scim_discovery.")

# The user who sees the most, per blueprint or endpoint; elsewhere it is the administrator.
READERS: Final = {
    "requests": Reader.APPROVER,
    "writing": Reader.AUTHOR,
    "moderation": Reader.STRANGER,
    "reference": Reader.STRANGER,
    "unsubscribe": Reader.STRANGER,
    "messages.ask_deletion": Reader.AUTHOR,
    "splits.show": Reader.AUTHOR,
    "accounts.log_in": Reader.STRANGER,
    "accounts.ask_code": Reader.STRANGER,
    "accounts.show_link": Reader.STRANGER,
}

# Further queries: with no, few and many results, and for the last page.
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


# Pages that only a draft has, beside those for writing one.
OF_DRAFTS = {"messages.ask_deletion", "splits.show"}


@dataclass(frozen=True)
class UrlValues:
    """The values of the variables in URLs."""

    list_id: int
    approver_list_id: int
    role_id: int
    service_id: int
    user_id: int
    message_id: int
    draft_id: int
    request_id: int
    list_set_id: int
    answer: str  # the token of a link to a decision
    link: str  # that of a link to choose a password
    unsubscribe: str  # that of a link in a copy


@dataclass(frozen=True)
class Visit:
    """One request."""

    path: str
    reader: Reader


def visits(app: Flask, values: UrlValues) -> Iterator[Visit]:
    """Yield requests for every page, without a query and with each of SEARCHES.

    The pages are those of the application's URL map, so that a new page is included.
    """
    for rule in app.url_map.iter_rules():
        if is_page(rule):
            for query in ("", *SEARCHES.get(rule.endpoint, ())):
                yield visit(app, rule, values, query=query)


def is_page(rule: Rule) -> bool:
    """Whether the rule is of a page, and not of a file or for services."""
    reads = "GET" in (rule.methods or ())
    return reads and rule.endpoint not in NOT_PAGES and not rule.endpoint.startswith(SERVICES)


def files(app: Flask, values: UrlValues) -> Iterator[Visit]:
    """Yield requests for the files that can be downloaded."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint in FILES:
            yield visit(app, rule, values, query=FILES[rule.endpoint])


def visit(app: Flask, rule: Rule, values: UrlValues, *, query: str) -> Visit:
    """Return the request for one page, as the user who sees the most on it."""
    reader = READERS.get(rule.endpoint.partition(".")[0], Reader.ADMINISTRATOR)
    path = f"{filled(app, rule, values)}?{query}".rstrip("?")
    return Visit(path, READERS.get(rule.endpoint, reader))


def filled(app: Flask, rule: Rule, values: UrlValues) -> str:
    """Return the URL path; raise KeyError for a variable without a value."""
    blueprint = rule.endpoint.partition(".")[0]
    of_draft = blueprint == "writing" or rule.endpoint in OF_DRAFTS
    tokens = {"accounts": values.link, "unsubscribe": values.unsubscribe}
    variables: dict[str, Any] = {
        "list_id": values.list_id,
        "user_id": values.user_id,
        "message_id": values.draft_id if of_draft else values.message_id,
        "request_id": values.request_id,
        "role_id": values.role_id,
        "list_set_id": values.list_set_id,
        "service_id": values.service_id,
        "number": values.approver_list_id if blueprint == "approver_lists" else 0,
        "token": tokens.get(blueprint, values.answer),
        "wish": "password",
        "_act": "handing_in",
        "name": "standing",  # a part of a message's page
    }
    with app.test_request_context():
        return url_for(rule.endpoint, **{name: variables[name] for name in rule.arguments})
