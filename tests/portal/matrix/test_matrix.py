"""Every route of the portal is for those whom the table names, and for nobody else."""

import pytest

from tests.portal.matrix.installation import Installation
from tests.portal.matrix.table import KINDS, Line, lines
from tests.portal.visitors import an_app


def routes(*methods: str) -> set[tuple[str, str]]:
    """Each rule of the application, with its method."""
    return {
        (method, rule.rule)
        for rule in an_app().url_map.iter_rules()
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
    before = installation.rows()

    marks = [installation.mark(line, who) for who in KINDS]

    assert dict(zip(KINDS, marks, strict=True)) == dict(zip(KINDS, line.marks, strict=True))
    assert installation.rows() == before
    assert installation.published == []


@pytest.mark.parametrize("line", lines("POST"), ids=str)
def test_a_form_is_for_those_in_the_table_and_a_refusal_changes_nothing(
    installation: Installation, line: Line
) -> None:
    before = installation.rows(refusals=False)
    marks, changed = {}, []

    for who in KINDS:
        with installation.undone():
            marks[who] = installation.mark(line, who)
            if installation.published or installation.rows(refusals=False) != before:
                changed.append(who)

    assert marks == dict(zip(KINDS, line.marks, strict=True))
    assert {who for who in changed if marks[who] != ">"} == set()
