"""People at their browsers: each has one of their own, and whatever it complains of is kept."""

import re
import time
from collections.abc import Callable, Sequence
from typing import Any

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Response,
    ViewportSize,
)

from sandbox.stack import Stack

PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1280, "height": 800}
# A task takes a second or, if its publication was lost, until the next sweep: fifteen more.
PATIENCE = 60.0  # seconds, on a busy machine
# A violation of the policy is an event; a script of ours writes it where errors are read.
TELL = """document.addEventListener("securitypolicyviolation", (one) =>
    console.error(`policy: ${one.violatedDirective} ${one.blockedURI}`))"""


class Visits:
    """Opens a page for a person, who logs in by a mailed link the first time."""

    def __init__(self, browser: Browser, stack: Stack) -> None:
        self.browser, self.stack = browser, stack
        self.url = stack.environment["PUBLIC_URL"]
        self._heard: list[tuple[str, str]] = []
        self._refused: set[str] = set()
        self._logged_in: dict[str, Any] = {}
        self._open: list[BrowserContext] = []

    def page_of(self, name: str, *, size: ViewportSize = DESK, **options: Any) -> Page:
        """A browser in which this person is logged in."""
        if name not in self._logged_in:
            self._logged_in[name] = self._log_in(name)
        return self.stranger(size=size, storage_state=self._logged_in[name], **options)

    def stranger(self, *, size: ViewportSize = DESK, **options: Any) -> Page:
        """A browser that nobody knows."""
        context = self.browser.new_context(
            base_url=self.url, viewport=size, reduced_motion="reduce", **options
        )
        context.set_default_timeout(PATIENCE * 1000)
        context.add_init_script(TELL)
        self._open.append(context)
        page = context.new_page()
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self._heard.append((str(error), "")))
        page.on("response", self._note)
        return page

    def complaints(self) -> list[str]:
        """What the browsers complained of; not that a page was refused which somebody opened."""
        missing = "Failed to load resource"
        return [
            f"{said} at {url}"
            for said, url in self._heard
            if not (said.startswith(missing) and url in self._refused)
        ]

    def close(self) -> None:
        """Close every browser; who is logged in stays so."""
        for context in self._open:
            context.close()
        for each in (self._open, self._heard, self._refused):
            each.clear()

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self._heard.append((message.text, message.location.get("url", "")))

    def _note(self, response: Response) -> None:
        # A refusal that somebody is to read is a page; a part of one that is missing is a fault.
        if response.status < 500 and response.request.is_navigation_request():
            self._refused.add(response.url)

    def _log_in(self, name: str) -> Any:
        page = self.stranger()
        page.goto(self.letter(name, "log-in"))
        page.get_by_role("button", name="Log in").click()
        page.get_by_role("button", name="Log out").wait_for()
        return page.context.storage_state()

    def letter(self, name: str, wish: str) -> str:
        """Have a letter sent to log in, or to choose a password; returns the link in it."""
        page, before = self.stranger(), self._links(name, "link", "")
        page.goto(f"/letter/{wish}")
        page.get_by_label("Your e-mail address").fill(f"{name}@example.org")
        page.get_by_role("button", name="Send me a link").click()
        return self.link(name, "link", besides=before)

    def link(self, name: str, kind: str, subject: str = "", *, besides: Sequence[str] = ()) -> str:
        """The newest link of a kind in this person's mails, as soon as it opens a page.

        A mail may be a moment faster than the commit by which its link is known.
        """
        page = self.stranger()

        def newest() -> str:
            found = [one for one in self._links(name, kind, subject) if one not in besides]
            return found[-1] if found and page.request.get(found[-1]).ok else ""

        return str(until(newest))

    def _links(self, name: str, kind: str, subject: str) -> list[str]:
        mails = [mail.message for mail in self.stack.mailbox.to(f"{name}@example.org")]
        bodies = [
            str(body.get_content())
            for mail in mails
            if subject in str(mail["Subject"]) and (body := mail.get_body(("plain",)))
        ]
        return re.findall(rf"https?://[^/\s]+(/{kind}/[\w-]+)", "\n".join(bodies))


def until(true: Callable[[], Any]) -> Any:
    """What it returns as soon as that is something."""
    deadline = time.monotonic() + PATIENCE
    while not (found := true()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)
    return found
