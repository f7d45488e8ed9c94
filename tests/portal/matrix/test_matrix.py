"""Every route of the portal admits those whom the table names, and no one else."""

import re
from collections.abc import Mapping
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


def secrets(line: Line, answer: TestResponse) -> list[str]:
    """Return what this answer shows of a message or of a request about one."""
    if not line.path.startswith(("/messages/{", "/requests/{")):
        return []
    text = unescape(answer.text)
    return [secret for secret in SECRETS if secret in text]


def asked(who: str, *methods: str) -> dict[Line, str]:
    """Return the lines that this person tries, each with the mark in the table.

    Alan shows that approvers of another list are not taken for those of this one.  Where Grace
    gets the answer of a member, an approver gets no other one, and Alan's is the same.  Where all
    who have logged in get the same answer, Edsger has no right, and Barbara has every one; where
    everyone gets it, logged in or not, Edsger is between the two.
    Ada has rights and messages; what is behind another right and about no message is tried by
    those who have every other right (test_matrix_rights.py).  There, those who have this right
    alone stand for Barbara, too, unless a list decides; and no list has Edsger as a member, so
    that only the rows about him can be different for him than for Grace.
    """
    tried = {}
    for line in lines(*methods):
        marks = dict(zip(KINDS, line.marks, strict=True))
        if marks["grace"] == marks["edsger"]:
            assert marks.pop("alan") == marks["edsger"]
        if len(set(line.marks[1:])) == 1:
            del marks["ada"], marks["grace"]
            if line.marks[0] == line.marks[1]:
                del marks["edsger"]
        elif line.rights and not line.path.startswith("/messages/") and marks["ada"] == "-":
            del marks["ada"]
            if not line.where:
                del marks["barbara"], marks["grace" if "{edsger}" in line.path else "edsger"]
        if who in marks:
            tried[line] = marks[who]
    return tried


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


@pytest.mark.parametrize("who", KINDS)
def test_a_page_is_for_those_in_the_table_and_changes_nothing(
    installation: Installation, who: str
) -> None:
    before, expected = installation.first_rows, asked(who, "GET")

    answers = {line: installation.ask(line, who) for line in expected}

    assert marks_of(installation, answers) == named(expected)
    assert who not in STRANGERS or not shown(answers)
    assert installation.rows() == before
    assert installation.published == []


@pytest.mark.parametrize("who", KINDS)
def test_a_form_is_for_those_in_the_table_and_a_refusal_changes_nothing(
    installation: Installation, who: str
) -> None:
    before, expected = installation.first_rows_without_refusals, asked(who, "POST")
    admitted = [line for line, mark in expected.items() if mark == done(line)]

    with installation.undone():
        answers = {line: installation.ask(line, who) for line in expected if line not in admitted}
        unchanged = installation.published == [] and installation.rows(refusals=False) == before
    for line in admitted:
        with installation.undone():
            answers[line] = installation.ask(line, who)

    assert marks_of(installation, answers) == named(expected)
    assert unchanged
    assert who not in STRANGERS or not shown(answers)


def done(line: Line) -> str:
    """Return the mark of a form that was accepted."""
    return "y" if line.path in DONE_WITHOUT_REDIRECT else ">"


def marks_of(installation: Installation, answers: Mapping[Line, TestResponse]) -> dict[str, str]:
    """Return the marks for these answers."""
    return named({line: installation.mark_of(line, answer) for line, answer in answers.items()})


def named(marks: Mapping[Line, str]) -> dict[str, str]:
    """Name the lines as the table does."""
    return {str(line): mark for line, mark in marks.items()}


def shown(answers: Mapping[Line, TestResponse]) -> dict[str, list[str]]:
    """Return the answers that show something secret."""
    found = {str(line): secrets(line, answer) for line, answer in answers.items()}
    return {line: those for line, those in found.items() if those}


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
