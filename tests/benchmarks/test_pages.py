"""Every page of the portal is measured, and the table shows the result."""

import pytest

from benchmarks.pages import Asked, results
from benchmarks.visits import (
    NOT_PAGES,
    SEARCHES,
    Reader,
    UrlValues,
    Visit,
    files,
    is_page,
    visits,
)
from portal.app import app

VALUES = UrlValues(1, 2, 3, 4, 5, 6, 7, 8, 9, "answer", "link", "unsubscribe")


def test_every_page_is_requested() -> None:
    pages = {rule.endpoint: rule for rule in app.url_map.iter_rules() if is_page(rule)}

    paths = [each.path for each in visits(app, VALUES)]

    found = {app.url_map.bind("").match(path.partition("?")[0])[0] for path in paths}
    assert found == pages.keys()
    assert len(paths) == len(set(paths)) >= len(pages) + sum(map(len, SEARCHES.values()))


def test_only_pages_are_searched() -> None:
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}

    assert SEARCHES.keys() <= endpoints - NOT_PAGES


@pytest.mark.parametrize("ending", [".csv?act=approved", ".txt"])
def test_a_file_is_not_a_page(ending: str) -> None:
    assert [each.path for each in files(app, VALUES) if each.path.endswith(ending)]
    assert not [each.path for each in visits(app, VALUES) if each.path.endswith(ending)]


def test_the_slowest_page_counts_by_its_median() -> None:
    quick, slow = Visit("/quick", Reader.STRANGER), Visit("/slow", Reader.STRANGER)
    measured = {quick: Asked([1.0, 2.0, 900.0], statements=9), slow: Asked([30.0, 40.0, 50.0])}

    page, most = results(measured, bare=2.0)

    assert (page.what, page.ratio, page.met) == ("the slowest of 2 pages, /slow", 20.0, True)
    assert most.ours == 9
