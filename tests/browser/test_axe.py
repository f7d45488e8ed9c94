"""axe-core finds no violation on any page: light and dark, narrow and wide, in each language."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from models import Language, MailedLink, User
from models.clock import now
from tests.browser.looks import violations, violations_in_frame
from tests.browser.places import ANONYMOUS, BY_PERSON, FRAMES, NOT_PAGES
from tests.browser.seed import Seeded
from tests.browser.telephone import turn_on_codes, type_password
from tests.browser.visits import Visits
from tests.portal.visitors import an_app, page_rules

NOT_FOUND = "/nowhere"
# Pages do not ask for changes while axe checks them.
NO_POLLING = "window.setInterval = () => 0"


@pytest.fixture(scope="module")
def named(shared_visits: Visits, seeded: Seeded, database: Engine) -> dict[str, Any]:
    """The values of the names in braces in the paths of pages."""
    turn_on_codes(shared_visits.page_of("donald"))
    values = seeded._asdict() | {
        "answer": shared_visits.link("grace", "answer", "A night among books"),
        "link": shared_visits.letter("edsger", "log-in"),
        "choice": shared_visits.letter("edsger", "password"),
        "unsubscribe": shared_visits.link("edsger", "unsubscribe"),
    }
    with Session(database) as session, session.begin():
        # Links expire after a quarter of an hour, and a busy machine needs longer.
        session.execute(update(MailedLink).values(expires_at=now() + timedelta(days=1)))
    return values


@pytest.fixture
def language(
    request: pytest.FixtureRequest, shared_visits: Visits, named: dict[str, Any], database: Engine
) -> Iterator[Language]:
    """The language of all users; afterwards English again, as other tests expect."""
    assert named
    for name in BY_PERSON:
        shared_visits.page_of(name)
    try:
        yield set_language(database, request.param)
    finally:
        set_language(database, Language.ENGLISH)


def set_language(database: Engine, language: Language) -> Language:
    """Set the language of all users."""
    with Session(database) as session, session.begin():
        session.execute(update(User).values(language=language))
    return language


def find_violations(page: Page, paths: list[str]) -> dict[str, list[Any]]:
    """Return the violations by page, having checked that no page redirects."""
    wrong = {}
    page.add_init_script(NO_POLLING)
    for path in paths:
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == (404 if path == NOT_FOUND else 200), path
        assert answer.url.endswith(path)
        if found := violations(page):
            wrong[path] = found
    return wrong


@pytest.mark.parametrize("language", list(Language), indirect=True)
def test_axe_finds_no_violation_on_a_page(
    visits: Visits, named: dict[str, Any], language: Language
) -> None:
    pages = {name: visits.page_of(name, locale=language.value) for name in BY_PERSON}
    anonymous, without_code = (visits.anonymous(locale=language.value) for _ in range(2))
    type_password(without_code, "donald")

    wrong = find_violations(anonymous, [path.format(**named) for path in ANONYMOUS])
    for name, page in pages.items():
        wrong |= find_violations(page, [path.format(**named) for path in BY_PERSON[name]])
    wrong["/log-in/code"] = violations(without_code)
    opened = [*pages.values(), anonymous, without_code]
    languages = {page.locator("html").get_attribute("lang") for page in opened}

    assert {path: found for path, found in wrong.items() if found} == {}
    assert languages == {language.value}


def test_axe_finds_no_violation_in_the_frame_of_a_message(
    visits: Visits, named: dict[str, Any]
) -> None:
    reader = {"/messages": visits.page_of("ada"), "/requests": visits.page_of("grace")}
    page, wrong = visits.anonymous(), {}

    for frame in FRAMES:
        path = frame.format(**named)
        # No script runs in the frame itself, not even axe.
        page.set_content(reader.get(path[:9], page).request.get(path).text())
        wrong[path] = violations_in_frame(page)

    assert {path: found for path, found in wrong.items() if found} == {}


def test_every_page_is_checked() -> None:
    some = dict.fromkeys(Seeded._fields, 1)
    tokens = {
        "link": "/link/a",
        "choice": "/link/b",
        "answer": "/answer/c",
        "unsubscribe": "/unsubscribe/d",
    }
    paths = [*sum(BY_PERSON.values(), ()), *ANONYMOUS, *FRAMES, "/log-in/code"]
    adapter = an_app().url_map.bind("listgate.example.org")

    opened = {
        adapter.match(path.format(**some, **tokens).partition("?")[0])[0]
        for path in paths
        if path != NOT_FOUND
    }
    rules = page_rules(an_app())
    readable = {rule.endpoint for rule in rules if "GET" in (rule.methods or ())}

    assert readable - opened == set(NOT_PAGES)
