"""HTML that tries to run or to load something, and what is left of it."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.mime.parse import Attachment
from portal.messages.sanitize import TAGS, has_remote_images, sanitize

LOGO = Attachment("logo.png", "image/png", 4, b"\x89PNG", "logo@example.org")
DRAWING = Attachment("a.svg", "image/svg+xml", 6, b"<svg/>", "drawing@example.org")

HOSTILE = [
    "<script>alert(1)</script>",
    "<scr<script>ipt>alert(1)</script>",
    '<img src="x" onerror="alert(1)">',
    '<img src="javascript:alert(1)">',
    '<a href="javascript:alert(1)">x</a>',
    '<a href="java&#x0A;script:alert(1)">x</a>',
    '<a href=" &#1; javascript:alert(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<a href="vbscript:alert(1)">x</a>',
    '<a href="/account/password">x</a>',
    '<a href="//evil.example">x</a>',
    '<form action="https://evil.example"><input name="a"><button>x</button></form>',
    "<style>body { background: url(https://evil.example) }</style>",
    '<p style="background: url(https://evil.example)">x</p>',
    '<p style="background-image: url(https://evil.example)">x</p>',
    '<p style="position: fixed; top: 0; left: 0; z-index: 9">x</p>',
    '<link rel="stylesheet" href="https://evil.example/a.css">',
    '<meta http-equiv="refresh" content="0; url=https://evil.example">',
    '<base href="https://evil.example/">',
    '<iframe src="https://evil.example"></iframe>',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    '<object data="https://evil.example"></object><embed src="https://evil.example">',
    '<svg onload="alert(1)"><image href="https://evil.example/a.png"/></svg>',
    '<svg><style><img src="https://evil.example" onerror="alert(1)"></style></svg>',
    "<math><mtext><mglyph><style><img src=x onerror=alert(1)></style></mglyph></mtext></math>",
    '<img src="https://evil.example/pixel.png">',
    '<img src="http://evil.example/pixel.png">',
    '<img src="//evil.example/pixel.png">',
    '<img src="/messages/7/recall">',
    '<img srcset="https://evil.example/a.png 2x">',
    '<picture><source srcset="https://evil.example/a.png"></picture>',
    '<video src="https://evil.example/a.mp4" poster="https://evil.example/a.png"></video>',
    '<audio src="https://evil.example/a.mp3" autoplay></audio>',
    '<table background="https://evil.example/a.png"><tr><td background="x">x</td></tr></table>',
    '<img src="data:image/svg+xml,<svg onload=alert(1)>">',
    '<img src="data:text/html,x">',
    '<img src="cid:drawing@example.org">',
    '<a href="https://example.org" ping="https://evil.example" target="_top">x</a>',
    '<p id="x" class="y" onclick="alert(1)" data-live="/x">x</p>',
    "<template><script>alert(1)</script></template>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>',
]

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


def test_a_link_opens_a_page_of_its_own_and_tells_it_nothing() -> None:
    left = cleaned('<a href="https://example.org/a?b=c">here</a>')

    assert left == (
        '<a href="https://example.org/a?b=c" target="_blank" rel="noopener noreferrer">here</a>'
    )


def test_what_mails_are_made_of_stays() -> None:
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
