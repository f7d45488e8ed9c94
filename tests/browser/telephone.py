"""Passwords, and codes of an authenticator app."""

import re

from passlib.totp import TOTP
from playwright.sync_api import Page, expect

from models.clock import now

PASSWORD = "correct horse battery"


def code(secret: str, *, slots: int = 0) -> str:
    """Return the code that the app shows `slots` periods of 30 s from now."""
    made: str = TOTP(key=secret).generate(now().timestamp() + 30 * slots).token
    return made


def turn_on_codes(page: Page) -> str:
    """Choose a password and turn on codes for the person who is logged in; return the secret."""
    page.goto("/account/password")
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_role("status")).to_be_visible()
    page.goto("/account/codes")
    secret: str = page.locator("code").inner_text().replace("-", "").replace(" ", "")
    page.get_by_label("Code").fill(code(secret))
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_text("From now on you also need a code to log in.")).to_be_visible()
    return secret


def type_password(page: Page, name: str) -> None:
    """Log in with the password, in any language, up to the page that asks for the code."""
    page.goto("/log-in")
    page.locator("#address").fill(f"{name}@example.org")
    page.locator("#password").fill(PASSWORD)
    page.locator("main form button").first.click()
    page.wait_for_url(re.compile("/log-in/code"))
