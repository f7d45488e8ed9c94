"""Fill an empty Mailman with members and three lists; run by Mailman's own Python (mailman.py).

`mailman addmembers` takes 20 ms for each member, so the rows are inserted as Mailman writes them.
"""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final

from mailman.app.lifecycle import create_list
from mailman.config import config
from mailman.interfaces.action import Action
from mailman.interfaces.archiver import ArchivePolicy
from mailman.interfaces.domain import IDomainManager
from mailman.interfaces.mailinglist import Personalization
from mailman.interfaces.member import MemberRole
from mailman.model.address import Address
from mailman.model.member import Member
from mailman.model.preferences import Preferences
from mailman.model.user import User
from zope.component import getUtility

DOMAIN: Final = "example.org"
NOW: Final = datetime.now(UTC).replace(tzinfo=None)

Row = dict[str, Any]


def fill(members: str, every: str) -> None:
    """Add lists with this many members, and one to warm up with every n-th of them."""
    getUtility(IDomainManager).add(DOMAIN)
    preferences = preference_ids()
    numbers = range(1, int(members) + 1)
    add(User, [user(n, next(preferences)) for n in numbers])
    add(Address, [address(n, next(preferences)) for n in numbers])
    lists = {
        add_list("warm-up", Personalization.individual): numbers[int(every) - 1 :: int(every)],
        add_list("identical", Personalization.none): numbers,
        add_list("personal", Personalization.individual): numbers,
    }
    for list_id, people in lists.items():
        add(Member, [member(n, list_id, next(preferences)) for n in people])
    add(Preferences, [{"id": n} for n in range(1, next(preferences))])


def preference_ids() -> Iterator[int]:
    """Yield the ids of preferences: each user, address and member has a row of its own."""
    return count(1)


def add(table: Any, rows: list[Row]) -> None:
    config.db.store.execute(table.__table__.insert(), rows)


def user(number: int, preferences_id: int) -> Row:
    return {
        "id": number,
        "_user_id": uuid.uuid4(),
        "_created_on": NOW,
        "display_name": f"Member {number}",
        "preferences_id": preferences_id,
    }


def address(number: int, preferences_id: int) -> Row:
    return {
        "id": number,
        "email": f"member{number}@{DOMAIN}",
        "display_name": f"Member {number}",
        "registered_on": NOW,
        "verified_on": NOW,
        "user_id": number,
        "preferences_id": preferences_id,
    }


def member(number: int, list_id: str, preferences_id: int) -> Row:
    return {
        "_member_id": uuid.uuid4(),
        "role": MemberRole.member,
        "list_id": list_id,
        "address_id": number,
        "preferences_id": preferences_id,
    }


def add_list(name: str, personalization: Any) -> str:
    """Add a list without owners that anyone may post to; return its id."""
    added = create_list(f"{name}@{DOMAIN}")
    added.personalize = personalization
    added.default_nonmember_action = Action.accept
    # Listgate has neither.
    added.archive_policy = ArchivePolicy.never
    added.digests_enabled = False
    return str(added.list_id)
