"""People, for those who may view or edit users: find, look at, change, disable and remove them."""

from portal.people import changes, person, removal, search
from portal.people.blueprint import pages

__all__ = ["changes", "pages", "person", "removal", "search"]
