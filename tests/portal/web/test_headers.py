"""Security headers, cookies and pages."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from models import Language, User
from portal.app import app
from settings import settings
from tests.builders import Cast
from tests.portal.visitors import Visitor

Login = Callable[[User], Visitor]
PORTAL = Path(__file__).parents[3] / "portal"
PAGES = ["/", "/log-in", "/letter/log-in", "/letter/sent", "/account/password", "/account/codes"]


@pytest.mark.parametrize("path", ["/", "/log-in", "/nowhere", "/health", "/static/live.js"])
def test_every_answer_has_the_headers(stranger: Visitor, path: str) -> None:
    headers = stranger.get(path).headers

    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "https:" not in policy
    assert headers["Strict-Transport-Security"] == "max-age=31536000"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_the_cookie_is_one_that_no_neighbour_and_no_script_can_touch(stranger: Visitor) -> None:
    cookie = stranger.get("/log-in").headers["Set-Cookie"]

    assert cookie.startswith("__Host-listgate=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_without_tls_the_cookie_has_a_plain_name(stranger: Visitor) -> None:
    assert stranger
    assert settings.public_url == "http://localhost:8000"

    answer = app.test_client().get("/log-in")

    assert answer.headers["Set-Cookie"].startswith("listgate=")
    assert "Secure" not in answer.headers["Set-Cookie"]
    assert "Strict-Transport-Security" not in answer.headers


def test_no_template_has_a_script_or_a_style_inside() -> None:
    for template in (PORTAL / "templates").rglob("*.html"):
        source = template.read_text()
        inside = re.findall(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon[a-z]+=", source)
        assert inside == [], template


def test_nothing_is_loaded_from_elsewhere() -> None:
    for path in [*(PORTAL / "static").rglob("*.css"), *(PORTAL / "static").rglob("*.js")]:
        assert not re.search(r"url\(['\"]?https?:|@import", path.read_text()), path


@pytest.mark.parametrize("language", list(Language))
def test_every_page_is_shown_in_every_language(
    people: Cast, as_person: Login, language: Language
) -> None:
    people.ada.language = language
    browser = as_person(people.ada)

    for path in PAGES:
        answer = browser.get(path)

        assert answer.status_code in {200, 303}
        if answer.status_code == 200:
            assert f'<html lang="{language}">' in browser.page
            assert browser.page.count("<h1>") == 1
            labels = set(re.findall(r'<label for="([^"]+)"', browser.page))
            assert labels == set(re.findall(r'<input id="([^"]+)"', browser.page))


def test_the_navigation_shows_what_one_may(people: Cast, as_person: Login) -> None:
    barbara, edsger = as_person(people.barbara), as_person(people.edsger)

    barbara.get("/")
    edsger.get("/")

    assert "/users/new" in barbara.page
    assert "/users/new" not in edsger.page
    assert 'aria-current="page"' in edsger.page
