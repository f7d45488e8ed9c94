"""Mailing lists, for those who edit them: what a list is, who answers for it, who is on it."""

from portal.lists import archive, creation, details, overview, subscribers
from portal.lists.blueprint import pages

__all__ = ["archive", "creation", "details", "overview", "pages", "subscribers"]
