"""Hostile HTML, and what remains of it."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.mime.parse import Attachment
from portal.messages.sanitize import TAGS, has_remote_images, sanitize
from tests.portal.messages.hostile_html import HOSTILE

LOGO = Attachment("logo.png", "image/png", 4, b"\x89PNG", "logo@example.org")
DRAWING = Attachment("a.svg", "image/svg+xml", 6, b"<svg/>", "drawing@example.org")


FORBIDDEN = re.compile(
    r"<\s*(?:script|style|form|input|button|iframe|object|embed|svg|math|link|meta|base|video|audio|"
    r"source|template|noscript)|\son\w+\s*=|javascript:|vbscript:|evil\.example|\ssrcset|\sping|"
    r"\sbackground=|url\(|position|data:text|data:image/svg|\sdata-|\s(?:id|class)=",
    re.IGNORECASE,
)


def cleaned(html: str, *, remote_images: bool = False) -> str:
    return sanitize(html, (LOGO, DRAWING), remote_images=remote_images)


@pytest.mark.parametrize("html", HOSTILE)
def test_nothing_is_left_that_runs_or_loads(html: str) -> None:
    left = cleaned(html)

    assert not FORBIDDEN.search(unescape(left)), left
    assert 'src="' not in left


@pytest.mark.parametrize("html", HOSTILE)
def test_with_pictures_from_elsewhere_nothing_but_pictures_is_loaded(html: str) -> None:
    left = cleaned(html, remote_images=True)

    without = re.sub(r'src="https://evil.example[^"]*"', "", left)
    assert not FORBIDDEN.search(unescape(without)), left


def test_a_link_opens_a_new_page_without_a_referrer() -> None:
    left = cleaned('<a href="https://example.org/a?b=c">here</a>')

    assert left == (
        '<a href="https://example.org/a?b=c" target="_blank" rel="noopener noreferrer">here</a>'
    )


def test_common_markup_of_mails_stays() -> None:
    html = (
        '<table cellpadding="4"><tbody><tr><td bgcolor="#eee" style="color:red">'
        "<h1>Hello</h1><p><b>b</b><br></p></td></tr></tbody></table>"
    )

    assert cleaned(html) == html


def test_a_mails_own_picture_is_shown() -> None:
    left = cleaned('<img alt="Our logo" src="cid:logo%40example.org">')

    assert left == '<img alt="Our logo" src="data:image/png;base64,iVBORw==">'


def test_pictures_from_elsewhere_are_shown_when_asked_for() -> None:
    html = '<img src="https://example.org/a.png">'

    assert cleaned(html) == "<img>"
    assert cleaned(html, remote_images=True) == html


def test_a_picture_within_the_html_is_shown() -> None:
    html = '<img src="data:image/gif;base64,R0lGOD==">'

    assert cleaned(html) == html


@pytest.mark.parametrize(
    ("html", "asks"),
    [
        ('<img src="https://example.org/a.png">', True),
        ('<img src="HTTPS://example.org/a.png">', True),
        ('<img src="http://example.org/a.png">', False),
        ('<img src="cid:logo@example.org">', False),
        ("<p>https://example.org/a.png</p>", False),
        ("", False),
    ],
)
def test_it_is_known_whether_there_are_pictures_from_elsewhere(html: str, *, asks: bool) -> None:
    assert has_remote_images(html) is asks


@given(st.lists(st.sampled_from(["<", ">", '"', "'", "&#", *HOSTILE]), max_size=8).map("".join))
def test_no_mixture_of_them_gets_through(html: str) -> None:
    left = cleaned(html)

    assert {tag.lower() for tag in re.findall(r"<([a-zA-Z]+)", left)} <= TAGS
    assert not re.search(r'<[^>"]*(?:"[^"]*"[^>"]*)*\son\w+="', left)
    assert 'src="' not in left
