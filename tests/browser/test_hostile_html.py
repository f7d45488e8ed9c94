"""HTML of a message runs no script, loads nothing and opens no other page in a reader's browser."""

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
# Each effect can be observed: a variable of the window, a dialog, another page, a request.
RUN = f"top.ran=1;alert(1);fetch('{EVIL}/fetched')"
ATTACKS = (
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
HTML = "".join(f"<div>{one}</div>" for one in (*ATTACKS, *HOSTILE))


class PageWatch:
    """Records the requests to other servers and the dialogs of a page."""

    def __init__(self, page: Page, home: str) -> None:
        self.page, self.home = page, home
        self.loaded: set[tuple[str, str]] = set()
        self.dialogs: list[str] = []
        page.context.route(f"{EVIL}/**", self._serve)
        page.context.on("request", self._record_request)
        page.on("dialog", self._dismiss)

    def _serve(self, route: Route) -> None:
        # Every request is answered, so that no attack fails for a missing file.
        route.fulfill(body=PIXEL, content_type="image/gif")

    def _dismiss(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def _record_request(self, request: Request) -> None:
        if not request.url.startswith(f"{self.home}/"):
            self.loaded.add((request.resource_type, request.url))

    def settle(self) -> None:
        """Show the frame, and wait as long as a refresh, a prefetch or an animation may take."""
        self.page.locator("iframe.preview").scroll_into_view_if_needed()
        self.page.wait_for_load_state("networkidle")
        self.page.wait_for_timeout(300)

    def assert_nothing_ran(self) -> None:
        """Check that no attack had an effect, and that the frame has neither script nor origin."""
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
def addresses(shared_visits: Visits) -> dict[str, tuple[str, str]]:
    """The person ("" for none) and the address by which each reader opens the message."""
    ada, grace = shared_visits.page_of("ada"), shared_visits.page_of("grace")
    ask(ada, "You have won", HTML)
    read(grace, "You have won")
    return {
        "author": ("ada", ada.url),
        "approver": ("grace", grace.url),
        "link in an e-mail": ("", shared_visits.link("grace", "answer", "You have won")),
    }


READERS = ("author", "approver", "link in an e-mail")


def open_message(visits: Visits, addresses: dict[str, tuple[str, str]], reader: str) -> PageWatch:
    """Open the message as this reader."""
    name, address = addresses[reader]
    watch = PageWatch(visits.page_of(name) if name else visits.anonymous(), visits.url)
    watch.page.goto(address)
    watch.settle()
    return watch


@pytest.mark.parametrize("reader", READERS)
def test_hostile_html_neither_runs_nor_loads(
    visits: Visits, addresses: dict[str, tuple[str, str]], reader: str
) -> None:
    watch = open_message(visits, addresses, reader)

    watch.page.frames[1].get_by_text("Read more").click(force=True)
    watch.settle()

    watch.assert_nothing_ran()
    assert watch.loaded == set()


@pytest.mark.parametrize("reader", READERS)
def test_only_pictures_are_loaded_from_other_servers_and_only_on_request(
    visits: Visits, addresses: dict[str, tuple[str, str]], reader: str
) -> None:
    watch = open_message(visits, addresses, reader)

    watch.page.get_by_role("link", name="Show them").click()
    watch.page.get_by_text("Pictures from other servers are shown.").wait_for()
    watch.settle()

    watch.assert_nothing_ran()
    assert watch.loaded == {("image", f"{EVIL}/{name}") for name in ("", "pixel.png")}
