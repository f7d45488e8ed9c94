"""Browser contexts of people who are logged in, whose errors are recorded."""

import re
from collections.abc import Sequence
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
from tests.waiting import PATIENCE, wait_for

PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1280, "height": 800}
# Browsers report violations of the security policy as events; this writes them to the console.
REPORT_VIOLATIONS = """document.addEventListener("securitypolicyviolation", (one) =>
    console.error(`policy: ${one.violatedDirective} ${one.blockedURI}`))"""


class Visits:
    """Opens pages as a person, who logs in by a mailed link the first time."""

    def __init__(self, browser: Browser, stack: Stack) -> None:
        self.browser, self.stack = browser, stack
        self.url = stack.environment["PUBLIC_URL"]
        self._console: list[tuple[str, str]] = []
        self._refused: set[str] = set()
        self._logged_in: dict[str, Any] = {}
        self._open: list[BrowserContext] = []

    def page_of(self, name: str, *, size: ViewportSize = DESK, **options: Any) -> Page:
        """Return a page of a new browser context in which this person is logged in."""
        if name not in self._logged_in:
            self._logged_in[name] = self._log_in(name)
        return self.anonymous(size=size, storage_state=self._logged_in[name], **options)

    def anonymous(self, *, size: ViewportSize = DESK, **options: Any) -> Page:
        """Return a page of a new browser context in which no one is logged in."""
        context = self.browser.new_context(
            base_url=self.url, viewport=size, reduced_motion="reduce", **options
        )
        context.set_default_timeout(PATIENCE * 1000)
        context.add_init_script(REPORT_VIOLATIONS)
        self._open.append(context)
        page = context.new_page()
        page.on("console", self._record_message)
        page.on("pageerror", lambda error: self._console.append((str(error), "")))
        page.on("response", self._record_refusal)
        return page

    def errors(self) -> list[str]:
        """Return errors and warnings, except 4xx answers to pages that a test has opened."""
        missing = "Failed to load resource"
        return [
            f"{message} at {url}"
            for message, url in self._console
            if not (message.startswith(missing) and url in self._refused)
        ]

    def close(self) -> None:
        """Close every browser context; the log-ins are kept."""
        for context in self._open:
            context.close()
        for each in (self._open, self._console, self._refused):
            each.clear()

    def _record_message(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self._console.append((message.text, message.location.get("url", "")))

    def _record_refusal(self, response: Response) -> None:
        # A refused page is an answer to a person; a refused part of a page is an error.
        if response.status < 500 and response.request.is_navigation_request():
            self._refused.add(response.url)

    def _log_in(self, name: str) -> Any:
        page = self.anonymous()
        page.goto(self.letter(name, "log-in"))
        page.get_by_role("button", name="Log in").click()
        page.get_by_role("button", name="Log out").wait_for()
        return page.context.storage_state()

    def letter(self, name: str, wish: str) -> str:
        """Request the letter to log in or to choose a password, and return the link in it."""
        page, before = self.anonymous(), self._links(name, "link", "")
        page.goto(f"/letter/{wish}")
        page.get_by_label("Your e-mail address").fill(f"{name}@example.org")
        page.get_by_role("button", name="Send me a link").click()
        return self.link(name, "link", except_for=before)

    def link(
        self, name: str, kind: str, subject: str = "", *, except_for: Sequence[str] = ()
    ) -> str:
        """Return the newest link of a kind in this person's mails, once it opens a page.

        A mail may arrive before the commit that stores its link.
        """
        page = self.anonymous()

        def newest() -> str:
            found = [one for one in self._links(name, kind, subject) if one not in except_for]
            return found[-1] if found and page.request.get(found[-1]).ok else ""

        return wait_for(f"a link of {kind} for {name}", newest)

    def _links(self, name: str, kind: str, subject: str) -> list[str]:
        mails = [mail.message for mail in self.stack.mailbox.to(f"{name}@example.org")]
        bodies = [
            str(body.get_content())
            for mail in mails
            if subject in str(mail["Subject"]) and (body := mail.get_body(("plain",)))
        ]
        return re.findall(rf"https?://[^/\s]+(/{kind}/[\w-]+)", "\n".join(bodies))
