"""Numbers that no row has: 404 in every URL, an answer below 500 in every field."""

import re
from collections.abc import Iterator

import pytest
from werkzeug.test import TestResponse

from models.ids import MAX_ID
from tests.portal.matrix.forms import FORMS
from tests.portal.matrix.installation import Installation
from tests.portal.matrix.table import Line, lines
from tests.portal.visitors import an_app

# The first that no bigint has, one with more digits, and one that Python does not convert.
TOO_LARGE = (str(MAX_ID + 1), "9" * 30, "9" * 5000)

# Query parameters with a number, wherever a page has one.
QUERY = ("after", "page", "user", "list", "message", "number", "q", "words", "since", "until")

# Too long for a password; they hold no id.
PASSWORDS = {"password", "old", "new"}

PARAMETER = re.compile(r"<(?P<converter>\w+)(?:\(.*?\))?:(?P<name>\w+)>")


def numbered_urls() -> Iterator[tuple[str, str]]:
    """Each method and rule of the application with a number in its URL, `{}` in its place."""
    for rule in an_app().url_map.iter_rules():
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


@pytest.mark.parametrize("number", TOO_LARGE, ids=len)
@pytest.mark.parametrize(("method", "url"), sorted(numbered_urls()))
def test_a_url_with_a_number_that_no_row_has_is_not_found(
    installation: Installation, method: str, url: str, number: str
) -> None:
    answer = send(installation, method, url.format(number))

    assert answer.status_code == 404


@pytest.mark.parametrize("number", TOO_LARGE, ids=len)
@pytest.mark.parametrize("line", lines("GET"), ids=str)
def test_a_query_with_a_number_that_no_row_has_is_answered(
    installation: Installation, line: Line, number: str
) -> None:
    query = "&".join(f"{name}={number}" for name in QUERY)

    answer = send(installation, "GET", f"{installation.path(line)}?{query}")

    assert answer.status_code < 500


@pytest.mark.parametrize("number", TOO_LARGE, ids=len)
@pytest.mark.parametrize("line", [one for one in lines("POST") if one.path in FORMS], ids=str)
def test_a_field_with_a_number_that_no_row_has_is_answered(
    installation: Installation, line: Line, number: str
) -> None:
    given = FORMS[line.path]

    for name in given.keys() - PASSWORDS:
        fields = {other: installation.filled(value) for other, value in given.items()}
        answer = send(installation, "POST", installation.path(line), **{**fields, name: number})

        assert answer.status_code < 500, name
