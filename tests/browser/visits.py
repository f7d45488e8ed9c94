"""People at their browsers: each has one of their own, and whatever it complains of is kept."""

import re
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

from sandbox.house import House

PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1280, "height": 800}
PATIENCE = 20.0  # seconds for whatever a worker does; one is usual
# A violation of the policy is an event; a script of ours writes it where errors are read.
TELL = """document.addEventListener("securitypolicyviolation", (one) =>
    console.error(`policy: ${one.violatedDirective} ${one.blockedURI}`))"""


class Visits:
    """Opens a page for a person, who logs in by a mailed link the first time."""

    def __init__(self, browser: Browser, house: House) -> None:
        self.browser, self.house = browser, house
        self.url = house.environment["PUBLIC_URL"]
        self.complaints: list[str] = []
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
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def close(self) -> None:
        """Close every browser; who is logged in stays so."""
        for context in self._open:
            context.close()
        self._open.clear()
        self.complaints.clear()

    def _hear(self, message: Any) -> None:
        # A refusal that somebody is to see is no fault of the page; a part that is missing is one.
        refused = "the server responded with a status of 40" in message.text
        if message.type in {"error", "warning"} and not (refused and "(CONFLICT)" in message.text):
            self.complaints.append(f"{message.text} at {message.location.get('url', '')}")

    def _log_in(self, name: str) -> Any:
        page = self.stranger()
        page.goto("/letter/log-in")
        page.get_by_label("Your e-mail address").fill(f"{name}@example.org")
        page.get_by_role("button", name="Send me a link").click()
        page.goto(until(lambda: self.link(name, "link")))
        page.get_by_role("button", name="Log in").click()
        page.get_by_role("button", name="Log out").wait_for()
        return page.context.storage_state()

    def link(self, name: str, kind: str, subject: str = "") -> str:
        """The newest link of a kind in this person's mails, or nothing."""
        mails = [mail.message for mail in self.house.mailbox.to(f"{name}@example.org")]
        bodies = [
            str(body.get_content())
            for mail in mails
            if subject in str(mail["Subject"]) and (body := mail.get_body(("plain",)))
        ]
        found = re.findall(rf"https?://[^/\s]+(/{kind}/[\w-]+)", "\n".join(bodies))
        return str(found[-1]) if found else ""


def until(true: Callable[[], Any]) -> Any:
    """What it returns as soon as that is something."""
    deadline = time.monotonic() + PATIENCE
    while not (found := true()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)
    return found
