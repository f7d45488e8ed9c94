"""Accounts: log in with a password or a mailed link, and with a code as second factor."""

from portal.accounts import codes, invitations, links, passwords, recovery, sessions
from portal.accounts.blueprint import pages

__all__ = ["codes", "invitations", "links", "pages", "passwords", "recovery", "sessions"]
