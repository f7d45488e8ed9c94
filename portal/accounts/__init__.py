"""Accounts: who somebody is, proved by a password, a mailed link and perhaps a code."""

from portal.accounts import codes, invitations, links, passwords, sessions
from portal.accounts.blueprint import pages

__all__ = ["codes", "invitations", "links", "pages", "passwords", "sessions"]
