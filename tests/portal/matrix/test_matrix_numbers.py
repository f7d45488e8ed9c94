"""Numbers that no row has: 404 in every URL, an answer below 500 in every field."""

import re

from werkzeug.test import TestResponse

from models.ids import MAX_ID
from tests.portal.matrix.forms import FORMS
from tests.portal.matrix.installation import Installation
from tests.portal.matrix.table import KINDS, lines
from tests.portal.visitors import an_app, page_rules

# One that Python does not convert, and the first that no bigint has.
TOO_LONG, TOO_LARGE = "9" * 5000, str(MAX_ID + 1)

# Query parameters with a number, wherever a page has one.
QUERY = ("after", "page", "user", "list", "message", "number", "q", "words", "since", "until")

# `<id:user_id>` in a rule.
CONVERTER = re.compile(r"<(\w+)(?:\(.*?\))?:")


def send(installation: Installation, method: str, path: str, **fields: object) -> TestResponse:
    """Send this as Barbara, and undo it."""
    token = {"csrf_token": installation.keys["barbara"].token} if method == "POST" else {}
    with installation.undone():
        return installation.send(method, path, who="barbara", fields={**fields, **token})


def test_every_number_in_a_url_has_the_bound_of_ids(installation: Installation) -> None:
    kinds = {kind for rule in page_rules(an_app()) for kind in CONVERTER.findall(rule.rule)}

    # `id` has the bound (web/test_row_ids.py); the others are words and names of files.
    assert kinds == {"id", "any", "path"}
    for method, path in (("GET", "/messages/{}"), ("POST", "/users/{}/contact")):
        assert send(installation, method, path.format(TOO_LARGE)).status_code == 404


def test_a_query_with_a_number_that_no_row_has_is_answered(installation: Installation) -> None:
    # PostgreSQL compares ids with a number that is too large; it only cannot store it.
    query = "&".join(f"{name}={TOO_LONG}" for name in QUERY)
    # A page that refuses Barbara does not read its query.
    shown = [line for line in lines("GET") if line.marks[KINDS.index("barbara")] == "y"]

    failed = [
        str(line)
        for line in shown
        if send(installation, "GET", f"{installation.path(line)}?{query}").status_code >= 500
    ]

    assert failed == []


def test_a_field_with_a_number_that_no_row_has_is_answered(installation: Installation) -> None:
    failed = []

    for line in lines("POST"):
        given = FORMS.get(line.path, {})
        fields = {name: installation.filled(value) for name, value in given.items()}
        # In any other field a number is a text, which the requests of the fuzz have, too.
        for name in (name for name in fields if str(fields[name]).isdecimal()):
            for number in (TOO_LONG, TOO_LARGE):
                sent = {**fields, name: number}
                answer = send(installation, "POST", installation.path(line), **sent)
                if answer.status_code >= 500:
                    failed.append(f"{line}: {name}, {len(number)} digits")

    assert failed == []
