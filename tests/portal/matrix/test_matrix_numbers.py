"""Numbers that no row has: 404 in every URL, an answer below 500 in every field."""

import re
from collections.abc import Iterator
from itertools import product

import pytest
from werkzeug.test import TestResponse

from models.ids import MAX_ID
from tests.portal.matrix.forms import FORMS
from tests.portal.matrix.installation import Installation
from tests.portal.matrix.table import Line, lines
from tests.portal.visitors import an_app, page_rules

# The first that no bigint has, and one that Python does not convert.
TOO_LARGE = (str(MAX_ID + 1), "9" * 5000)

# Query parameters with a number, wherever a page has one.
QUERY = ("after", "page", "user", "list", "message", "number", "q", "words", "since", "until")

# Too long for a password; they hold no id.
PASSWORDS = {"password", "old", "new"}

PARAMETER = re.compile(r"<(?P<converter>\w+)(?:\(.*?\))?:(?P<name>\w+)>")


def numbered_urls() -> Iterator[tuple[str, str]]:
    """Each method and rule of the application with a number in its URL, `{}` in its place."""
    for rule in page_rules(an_app()):
        for parameter in PARAMETER.finditer(rule.rule):
            if parameter["converter"] not in ("any", "path"):
                before, after = rule.rule[: parameter.start()], rule.rule[parameter.end() :]
                url = PARAMETER.sub("1", before) + "{}" + PARAMETER.sub("1", after)
                for method in sorted({"GET", "POST"} & (rule.methods or set())):
                    yield method, url.replace("<token>", "unknown")


def send(installation: Installation, method: str, path: str, **fields: object) -> TestResponse:
    """Send this as Barbara, and undo it."""
    token = {"csrf_token": installation.keys["barbara"].token} if method == "POST" else {}
    with installation.undone():
        return installation.send(method, path, who="barbara", fields={**fields, **token})


def test_a_url_with_a_number_that_no_row_has_is_not_found(installation: Installation) -> None:
    found = [
        f"{method} {url}: {answer.status_code}"
        for method, url in sorted(numbered_urls())
        # One size: the converter has the bound, and tests of its own (web/test_row_ids.py).
        if (answer := send(installation, method, url.format(MAX_ID + 1))).status_code != 404
    ]

    assert found == []


@pytest.mark.parametrize("number", TOO_LARGE, ids=len)
def test_a_query_with_a_number_that_no_row_has_is_answered(
    installation: Installation, number: str
) -> None:
    query = "&".join(f"{name}={number}" for name in QUERY)

    failed = [
        str(line)
        for line in lines("GET")
        if send(installation, "GET", f"{installation.path(line)}?{query}").status_code >= 500
    ]

    assert failed == []


@pytest.mark.parametrize("line", [one for one in lines("POST") if one.path in FORMS], ids=str)
def test_a_field_with_a_number_that_no_row_has_is_answered(
    installation: Installation, line: Line
) -> None:
    given = FORMS[line.path]

    for name, number in product(given.keys() - PASSWORDS, TOO_LARGE):
        fields = {other: installation.filled(value) for other, value in given.items()}
        answer = send(installation, "POST", installation.path(line), **{**fields, name: number})

        assert answer.status_code < 500, f"{name}, {len(number)} digits"
