"""A refused form marks the field that the refusal is about, and no other."""

import ast
import re
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy.orm import Session

from models import Rate, SendoutRules, User
from portal.wording.refusal_fields import FIELDS
from tests.builders import Cast, a_draft, a_request
from tests.notifications.wording.sentences import ROOT, refusals
from tests.portal.visitors import PUBLIC, TOKEN, Visitor, give_password

Login = Callable[[User], Visitor]
LIST = {
    "name": "News",
    "address": "news@lists.example.org",
    "kind": "discussion",
    "delivery": "members",
    "self_service": "open",
    "who_may_ask": "members",
    "max_open_requests": "3",
    "language": "en",
    "from_field": "automatic",
    **dict.fromkeys(("rate_copies", "rate_minutes", "window_opens", "window_closes"), ""),
}
NEW = {**LIST, "short_name": "news"}
TYPED = {"list": "announce", "subject": "Plans", "text": "Dear members,"}

# Sentences of refusals that are about no field of a form.
FORMLESS = {
    "Passed by other services": {
        "%(complaints)s (nothing was done)",
        "A register is that of a service: sign the call.",
        "A text in Markdown makes the HTML: leave html out.",
        "by_id: a call that no service has signed needs a person who acts",
        "external_id: a call that no service has signed can give no key",
        "external_id: the service %(service)s acts only for people with a key of its own",
        "Give either raw_base64, or subject, text and html.",
        "idempotency_key: a string of 1 to 200 characters is required (nothing was done)",
        "Line %(line)d has no external_id of 1 to 200 characters.",
        "Line %(line)d is not CSV: its quotes do not match.",
        "Pass every argument by name.",
        "Put %(names)s into the parcel, not into the task's arguments.",
        "raw_base64: not base64 (nothing was done)",
        "share: a message with variants needs a share of its own",
        "The first line names the columns: external_id, address, name and, if they are known, "
        "language.",
        "The language is none of en, fr and de.",
        "The line has more or fewer columns than the first line.",
        "The name is not UTF-8 text.",
        "The parcel must be a JSON object with these names only: %(names)s.",
        "The parcel must be a UUID.",
        "The path or a header names %(names)s, so the body or the query cannot.",
        "Send a header Idempotency-Key of 1 to 200 characters, new for each thing asked.",
        "The query names %(names)s twice.",
        "This cursor is not one that a page has given: begin without one.",
        "The register names no one.",
        "The service %(service)s has given this key to another list.",
        "The service %(service)s has given this key to another person.",
        "The service %(service)s has given this person another key.",
    },
    "Typed at the command line": {
        "A webhook needs at least one kind of event.",
        "The address of a webhook begins with https:// and has no user, no password and no #.",
        "The service %(service)s has a stream already.",
        "%(number)d of these addresses have no such copy. Nothing was done.",
        "%(user)s has no absence to end.",
    },
    "About a person, whom the page names": {
        "%(user)s is disabled and cannot answer.",
        "%(user)s was removed.",
    },
    "Sent by a button or a checkbox of the page, which has no other value": {
        "A right is a number.",
        "A service needs at least one scope.",
        "Choose at least one recipient.",
        "Choose what to do.",
        "There is no such copy. Nothing was done.",
        "Please say whether you want to join or leave.",
        "The list %(list)s takes no requests to join it.",
        "The service %(service)s lacks the scope %(scope)s, so its key cannot have it.",
        "There is no such scope.",
        "There is no right with the number %(number)d.",
    },
    "About the whole message, whose form is on another page": {
        "All copies of a message to the list %(list)s are identical: it can have no personal "
        "fields.",
        "Every member of the list got message %(number)d, or a later one to its rest.",
        "The message is empty: it has no subject, no text and no attachment.",
    },
    "In the query string: the page is an error page, without the form": {
        "This search field is not valid: %(field)s.",
    },
}


def invalid_sentences() -> Iterator[str]:
    """Every sentence with which input is refused, but for those about a mail."""
    for layer in ("models", "notifications", "workflows", "portal"):
        for path in (ROOT / layer).rglob("*.py"):
            text = path.read_text()
            for node in ast.walk(ast.parse(text)) if "Invalid(" in text else ():
                match node:
                    case ast.Call(ast.Name("Invalid"), [ast.Constant(sentence), *_]):
                        yield str(sentence)


def test_each_sentence_about_invalid_input_names_its_field_or_has_none() -> None:
    formless = set().union(*FORMLESS.values())

    assert "Invalid" in set(refusals())
    assert set(invalid_sentences()) - formless - FIELDS.keys() == set()
    assert formless & FIELDS.keys() == set()


def marked(page: str) -> list[str]:
    """The ids of the fields that are marked; each refers to the refusal's sentence."""
    fields = re.findall(r"<(?:input|select|textarea)[^>]*aria-invalid[^>]*>", page)
    assert all(re.search(r'aria-describedby="(?:\S+ )?refusal"', one) for one in fields)
    assert not fields or 'role="alert" id="refusal"' in page
    return [name for one in fields for name in re.findall(r'\bid="([^"]+)"', one)]


def refused(visitor: Visitor, path: str, fields: dict[str, Any]) -> list[str]:
    """Send a form that is refused; returns the fields that its page marks."""
    if not visitor.page:
        visitor.get(path)
    # Each page of a session has the same token.
    token = TOKEN.search(visitor.page)
    assert token, path
    answer = visitor.client.post(path, base_url=PUBLIC, data={"csrf_token": token[1], **fields})
    assert 400 <= visitor.shown(answer).status_code < 500
    return marked(visitor.page)


@pytest.fixture
def barbara(session: Session, people: Cast, as_person: Login) -> Visitor:
    """Her browser; she has a password."""
    visitor = as_person(people.barbara)
    give_password(session, people.barbara, visitor.app, "tr0ub4dor&3 and more")
    return visitor


CASES: list[tuple[str, dict[str, Any], str]] = [
    ("/mailing-lists/new", {**NEW, "short_name": "no good"}, "short_name"),
    ("/mailing-lists/new", {**NEW, "short_name": "announce"}, "short_name"),
    ("/mailing-lists/new", {**NEW, "name": "two\nlines"}, "name"),
    ("/mailing-lists/new", {**NEW, "address": "none"}, "address"),
    ("/mailing-lists/new", {**NEW, "address": "announce@lists.example.org"}, "address"),
    ("/mailing-lists/new", {**NEW, "description": "a\0b"}, "description"),
    ("/mailing-lists/new", {**NEW, "kind": "other"}, "kind"),
    ("/mailing-lists/new", {**NEW, "delivery": "other"}, "delivery"),
    ("/mailing-lists/1/details", {**LIST, "self_service": "no"}, "self_service"),
    ("/mailing-lists/1/details", {**LIST, "who_may_ask": "all"}, "who_may_ask"),
    ("/mailing-lists/new", {**NEW, "max_open_requests": "few"}, "max_open_requests"),
    ("/mailing-lists/new", {**NEW, "max_open_requests": "1001"}, "max_open_requests"),
    ("/mailing-lists/1/details", {**LIST, "rate_copies": "5"}, "rate_minutes"),
    ("/mailing-lists/1/details", {**LIST, "rate_minutes": "5"}, "rate_copies"),
    (
        "/mailing-lists/1/details",
        {**LIST, "rate_copies": "5", "rate_minutes": "0"},
        "rate_minutes",
    ),
    (
        "/mailing-lists/1/details",
        {**LIST, "rate_copies": "many", "rate_minutes": "5"},
        "rate_copies",
    ),
    ("/mailing-lists/1/details", {**LIST, "window_opens": "08:00"}, "window_closes"),
    (
        "/mailing-lists/1/details",
        {**LIST, "window_opens": "08:00", "window_closes": "08:00"},
        "window_closes",
    ),
    (
        "/mailing-lists/1/details",
        {**LIST, "window_opens": "early", "window_closes": "08:00"},
        "window_opens",
    ),
    (
        "/mailing-lists/1/approvers",
        {"approver_list": "1", "escalation_list": "99"},
        "escalation_list",
    ),
    ("/mailing-lists/1/subscribers", {"address": "nobody@example.org"}, "address"),
    ("/mailing-lists/1/import", {"file": ""}, "file"),
    ("/messages/upload", {"list": "announce", "file": ""}, "file"),
    ("/approver-lists/new", {"name": ""}, "name"),
    ("/approver-lists/new", {"name": "editors"}, "name"),
    ("/roles/new", {"name": "author"}, "name"),
    ("/list-sets/new", {"name": ""}, "name"),
    ("/users/new", {"name": "", "address": "new@example.org"}, "name"),
    ("/users/new", {"name": "New", "address": "ada@example.org"}, "address"),
    ("/users/1/contact", {"phone": "12"}, "phone"),
    ("/users/1/address", {"address": "grace@example.org"}, "address"),
    ("/account/details", {"name": "B", "time_zone": "Mars/Base"}, "time_zone"),
    ("/account/details", {"name": "B", "language": "la"}, "language"),
    ("/account/details", {"language": "de", "preference": "fax"}, "preference"),
    ("/account/address", {"address": "no"}, "address"),
    ("/account/password", {"old": "wrong", "new": "correct horse battery"}, "old"),
    ("/account/password", {"old": "tr0ub4dor&3 and more", "new": "short"}, "new"),
    ("/account/codes", {"code": "123"}, "code"),
    ("/messages/new", {**TYPED, "list": ""}, "list"),
    ("/messages/new", {**TYPED, "list": "nowhere"}, "list"),
    ("/messages/new", {**TYPED, "text": "a\0b"}, "text"),
    ("/messages/new", {**TYPED, "html": "a\0b"}, "html"),
    ("/messages/upload", {"list": "announce", "file": (BytesIO(b"PK"), "a.zip")}, "file"),
    ("/messages/upload", {"list": "", "file": (BytesIO(b"PK"), "a.zip")}, "list"),
]


def test_the_field_in_question_is_marked_and_no_other(barbara: Visitor) -> None:
    # None of these forms changes anything, so all of them are sent to the same rows.
    assert [(path, refused(barbara, path, fields)) for path, fields, _ in CASES] == [
        (path, [field]) for path, _, field in CASES
    ]


OF_A_SENDOUT: list[tuple[dict[str, str], str]] = [
    ({"when": "then", "send_at": ""}, "send_at"),
    ({"when": "then", "send_at": "soon"}, "send_at"),
    ({"when": "then", "send_at": "2020-01-31T09:00"}, "send_at"),
    ({"when": "now", "rate_copies": "70", "rate_minutes": "10"}, "rate_copies"),
    ({"when": "now", "rate_copies": "60", "rate_minutes": "5"}, "rate_minutes"),
]


def test_the_field_of_a_sendout_in_question_is_marked(
    session: Session, people: Cast, as_person: Login
) -> None:
    people.announce.sendout_rules = SendoutRules(Rate(60, 10))
    path = f"/messages/{a_draft(session, people).id}/handing_in"
    people.ada.roles = people.barbara.roles
    ada = as_person(people.ada)

    assert [refused(ada, path, fields) for fields, _ in OF_A_SENDOUT] == [
        [field] for _, field in OF_A_SENDOUT
    ]


def test_a_comment_that_is_too_long_or_missing_is_marked(
    session: Session, people: Cast, as_person: Login
) -> None:
    request, grace = a_request(session, people), as_person(people.grace)
    grace.send(f"/requests/{request.id}/views")

    long = {"verdict": "rejected", "comment": "x" * 10_001}
    assert refused(grace, f"/requests/{request.id}/decision", long) == ["comment"]
    none = {"verdict": "sent_back", "comment": ""}
    assert refused(grace, f"/requests/{request.id}/decision", none) == ["comment"]


def test_a_refusal_that_is_about_no_field_marks_none(
    session: Session, people: Cast, as_person: Login
) -> None:
    draft, ada = a_draft(session, people), as_person(people.ada)
    ada.get(f"/messages/{draft.id}")

    assert refused(ada, f"/messages/{draft.id}/withdrawal", {}) == []
    assert refused(ada, f"/messages/{draft.id}/recall", {}) == []


def test_a_wrong_log_in_marks_the_password_alone(people: Cast, stranger: Visitor) -> None:
    assert people

    fields = {"address": "ada@example.org", "password": "guess"}
    assert refused(stranger, "/log-in", fields) == ["password"]
