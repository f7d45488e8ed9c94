"""Pages for those who edit mailing lists: settings, approvers, members."""

from portal.lists import archive, creation, details, overview, requests, subscribers, suspensions
from portal.lists.blueprint import pages

__all__ = [
    "archive",
    "creation",
    "details",
    "overview",
    "pages",
    "requests",
    "subscribers",
    "suspensions",
]
