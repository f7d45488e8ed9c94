"""Pages for those who may view or edit users: search, view, change, disable, remove."""

from portal.people import changes, grants, person, removal, search
from portal.people.blueprint import pages

__all__ = ["changes", "grants", "pages", "person", "removal", "search"]
