"""Every page, looked at by axe-core: light and dark, narrow and wide, in each language."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from models import Language, User
from tests.browser.pages import OF_STRANGERS
from tests.browser.visits import Visits

AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text()
# The frame shows an author's own words, and no script runs there.
LOOK = """async (rules) => (await axe.run(document, {
    iframes: false, resultTypes: ["violations"],
    ...(rules ? {runOnly: rules} : {}),
})).violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(" ")}`)"""
# The other rules ask what a page is, which neither its colours nor its width change.
OF_COLOURS = ["color-contrast", "link-in-text-block"]
OF_WIDTH = ["color-contrast", "target-size", "scrollable-region-focusable"]


def faults(page: Page) -> list[Any]:
    """What is wrong with the page that is open, in all four ways to show it."""
    page.evaluate(AXE)
    found: list[Any] = page.evaluate(LOOK)
    page.emulate_media(color_scheme="dark")
    found += page.evaluate(LOOK, OF_COLOURS)
    page.set_viewport_size({"width": 320, "height": 640})
    found += page.evaluate(LOOK, OF_WIDTH)
    page.emulate_media(color_scheme="light")
    found += page.evaluate(LOOK, OF_WIDTH)
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append("wider than 320 px")
    page.set_viewport_size({"width": 1280, "height": 800})
    return found


def looked_at(page: Page, paths: list[str]) -> dict[str, list[Any]]:
    """The pages with something wrong."""
    wrong = {}
    for path in paths:
        page.goto(path)
        if found := faults(page):
            wrong[path] = found
    return wrong


@pytest.mark.parametrize("language", list(Language))
def test_axe_finds_nothing(
    visits: Visits, rooms: Engine, furnished: list[str], language: Language
) -> None:
    barbara = visits.page_of("barbara", locale=language.value)
    stranger = visits.stranger(locale=language.value)
    with Session(rooms) as session, session.begin():
        session.execute(update(User).values(language=language))

    wrong = looked_at(barbara, furnished) | looked_at(stranger, list(OF_STRANGERS))
    spoken = {page.locator("html").get_attribute("lang") for page in (barbara, stranger)}
    with Session(rooms) as session, session.begin():
        session.execute(update(User).values(language=Language.ENGLISH))

    assert wrong == {}
    assert spoken == {language.value}
