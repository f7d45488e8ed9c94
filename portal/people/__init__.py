"""Pages for those who may view or edit users: search, view, change, disable, remove."""

from portal.people import absences, changes, grants, person, removal, search
from portal.people.blueprint import pages

__all__ = ["absences", "changes", "grants", "pages", "person", "removal", "search"]
