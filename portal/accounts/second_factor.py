"""Verify the code of a second factor."""

from flask import current_app, request

from models import Invalid
from portal.accounts.account import Account
from portal.accounts.security import Codes

# Also accept the code of the time slot before or after: telephones' clocks are inexact.
WINDOW = 30  # seconds


def require_code(account: Account, secret: str | None) -> None:
    """Raise Invalid unless the form has a code of this secret that was not used before."""
    code = request.form.get("code", "").replace(" ", "")
    if secret is None or not codes().verify_totp(code, secret, account, WINDOW):
        raise Invalid("This code is wrong or has already been used.")


def codes() -> Codes:
    """Return the object that creates and verifies codes."""
    factory: Codes = current_app.extensions["security"].totp_factory
    return factory
