"""Every page, looked at by axe-core: light and dark, narrow and wide, in each language."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from models import Language, MailedLink, User
from models.clock import now
from tests.browser.looks import faults, faults_of_frame
from tests.browser.places import FRAMES, NO_PAGES, OF_PEOPLE, OF_STRANGERS
from tests.browser.seed import Seeded
from tests.browser.telephone import turn_on_codes, type_password
from tests.browser.visits import Visits
from tests.portal.visitors import an_app

FOUND_NOWHERE = "/nowhere"
# Nothing is fetched anew while axe looks at it.
AT_REST = "window.setInterval = () => 0"


@pytest.fixture(scope="module")
def named(everyone: Visits, seeded: Seeded, database: Engine) -> dict[str, Any]:
    """What the braces in the paths of pages mean."""
    turn_on_codes(everyone.page_of("donald"))
    meant = seeded._asdict() | {
        "answer": everyone.link("grace", "answer", "A night among books"),
        "link": everyone.letter("edsger", "log-in"),
        "choice": everyone.letter("edsger", "password"),
    }
    with Session(database) as session, session.begin():
        # A busy machine looks at everything for longer than the quarter of an hour they count.
        session.execute(update(MailedLink).values(expires_at=now() + timedelta(days=1)))
    return meant


@pytest.fixture
def language(
    request: pytest.FixtureRequest, everyone: Visits, named: dict[str, Any], database: Engine
) -> Iterator[Language]:
    """Everybody's language; in the end they speak English again, as other tests expect."""
    assert named
    for name in OF_PEOPLE:
        everyone.page_of(name)
    try:
        yield speak(database, request.param)
    finally:
        speak(database, Language.ENGLISH)


def speak(database: Engine, language: Language) -> Language:
    """Have everybody read this language."""
    with Session(database) as session, session.begin():
        session.execute(update(User).values(language=language))
    return language


def looked_at(page: Page, paths: list[str]) -> dict[str, list[Any]]:
    """The pages with something wrong; to be sent elsewhere is wrong, too."""
    wrong = {}
    page.add_init_script(AT_REST)
    for path in paths:
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == (404 if path == FOUND_NOWHERE else 200), path
        assert answer.url.endswith(path)
        if found := faults(page):
            wrong[path] = found
    return wrong


@pytest.mark.parametrize("language", list(Language), indirect=True)
def test_axe_finds_nothing(visits: Visits, named: dict[str, Any], language: Language) -> None:
    pages = {name: visits.page_of(name, locale=language.value) for name in OF_PEOPLE}
    stranger, half_way = (visits.stranger(locale=language.value) for _ in range(2))
    type_password(half_way, "donald")

    wrong = looked_at(stranger, [path.format(**named) for path in OF_STRANGERS])
    for name, page in pages.items():
        wrong |= looked_at(page, [path.format(**named) for path in OF_PEOPLE[name]])
    wrong["/log-in/code"] = faults(half_way)
    everybody = [*pages.values(), stranger, half_way]
    spoken = {page.locator("html").get_attribute("lang") for page in everybody}

    assert {path: found for path, found in wrong.items() if found} == {}
    assert spoken == {language.value}


def test_axe_finds_nothing_in_the_frame_of_a_message(visits: Visits, named: dict[str, Any]) -> None:
    reader = {"/messages": visits.page_of("ada"), "/requests": visits.page_of("grace")}
    page, wrong = visits.stranger(), {}

    for frame in FRAMES:
        path = frame.format(**named)
        # In its own place no script runs, so that not even axe could look at it.
        page.set_content(reader.get(path[:9], page).request.get(path).text())
        wrong[path] = faults_of_frame(page)

    assert {path: found for path, found in wrong.items() if found} == {}


def test_every_page_is_looked_at() -> None:
    some = dict.fromkeys(Seeded._fields, 1)
    tokens = {"link": "/link/a", "choice": "/link/b", "answer": "/answer/c"}
    paths = [*sum(OF_PEOPLE.values(), ()), *OF_STRANGERS, *FRAMES, "/log-in/code"]
    adapter = an_app().url_map.bind("listgate.example.org")

    opened = {
        adapter.match(path.format(**some, **tokens).partition("?")[0])[0]
        for path in paths
        if path != FOUND_NOWHERE
    }
    rules = an_app().url_map.iter_rules()
    readable = {rule.endpoint for rule in rules if "GET" in (rule.methods or ())}

    assert readable - opened == set(NO_PAGES)
