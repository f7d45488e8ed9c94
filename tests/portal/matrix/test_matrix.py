"""Every route of the portal admits those whom the table names, and no one else."""

import re
from html import unescape

import pytest
from flask import url_for
from werkzeug.test import TestResponse

from portal.web.navigation import NAV_ITEMS
from tests.portal.matrix.installation import Installation
from tests.portal.matrix.table import KINDS, Line, lines
from tests.portal.visitors import PUBLIC, an_app, page_rules

# Of a message, its list and its approvers: no refusal may show it.
SECRETS = ("A secret subject", "Dear members", "plan.pdf", "announce", "Linus")
# The others may read one of the messages, and see a refusal on its page.
STRANGERS = ("anonymous", "edsger", "alan")

# A mailbox provider posts it and follows no redirect (RFC 8058, 3.2).
DONE_WITHOUT_REDIRECT = {"/unsubscribe/{unsubscribe}"}


def secrets(line: Line, who: str, answer: TestResponse) -> list[str]:
    """Return what this answer shows a stranger of a message or of a request about one."""
    if who not in STRANGERS or not line.path.startswith(("/messages/{", "/requests/{")):
        return []
    text = unescape(answer.text)
    return [secret for secret in SECRETS if secret in text]


def expected(line: Line) -> dict[str, str]:
    """Return the marks that are checked, by person.

    Alan shows that approvers of another list are not taken for those of this one.  Where Grace
    gets the answer of a member, an approver gets no other one, and Alan's is the same.
    """
    marks = dict(zip(KINDS, line.marks, strict=True))
    if marks["grace"] == marks["edsger"]:
        assert marks.pop("alan") == marks["edsger"]
    return marks


def routes(*methods: str) -> set[tuple[str, str]]:
    """Return each rule of the pages, with its method."""
    return {
        (method, rule.rule)
        for rule in page_rules(an_app())
        for method in methods
        if method in (rule.methods or ())
    }


def test_the_table_has_every_route_and_no_other(installation: Installation) -> None:
    adapter = an_app().url_map.bind("listgate.example.org")

    named = {
        (line.method, adapter.match(installation.path(line), line.method, return_rule=True)[0].rule)
        for line in lines("GET", "POST")
    }

    assert named == routes("GET", "POST", "PUT", "PATCH", "DELETE")


@pytest.mark.parametrize("line", lines("GET"), ids=str)
def test_a_page_is_for_those_in_the_table_and_changes_nothing(
    installation: Installation, line: Line
) -> None:
    before = installation.first_rows

    answers = {who: installation.ask(line, who) for who in expected(line)}

    marks = {who: installation.mark_of(line, answer) for who, answer in answers.items()}
    assert marks == expected(line)
    assert not any(secrets(line, who, answer) for who, answer in answers.items())
    assert installation.rows() == before
    assert installation.published == []


@pytest.mark.parametrize("line", lines("POST"), ids=str)
def test_a_form_is_for_those_in_the_table_and_a_refusal_changes_nothing(
    installation: Installation, line: Line
) -> None:
    before = installation.first_rows_without_refusals
    marks = expected(line)
    done = "y" if line.path in DONE_WITHOUT_REDIRECT else ">"
    admitted = [who for who, mark in marks.items() if mark == done]
    refused = [who for who in marks if who not in admitted]

    with installation.undone():
        answers = {who: installation.ask(line, who) for who in refused}
        unchanged = installation.published == [] and installation.rows(refusals=False) == before
    for who in admitted:
        with installation.undone():
            answers[who] = installation.ask(line, who)

    assert {who: installation.mark_of(line, answer) for who, answer in answers.items()} == marks
    assert unchanged
    assert not any(secrets(line, who, answer) for who, answer in answers.items())


def test_the_navigation_has_the_pages_that_are_for_its_reader(installation: Installation) -> None:
    with installation.app.test_request_context(base_url=PUBLIC):
        places = {url_for(item.endpoint) for item in NAV_ITEMS}
    approvers = {"alan", "grace"}

    for who in KINDS[1:]:
        page = installation.send("GET", "/account/details", who=who, fields={}).text
        (nav,) = re.findall("<nav.*?</nav>", page, re.DOTALL)
        of_table = {line.path for line in lines("GET") if open_to(line, who)} & places
        # The page is for everyone; only approvers have something on it.
        of_table -= set() if who in approvers else {"/requests"}
        assert set(re.findall('href="([^"]+)"', nav)) == of_table, who


def open_to(line: Line, who: str) -> bool:
    """Whether the table says that this person sees the page."""
    return line.marks[KINDS.index(who)] == "y"
