"""The people of `make up`, with their roles and their common password."""

from typing import Final, NamedTuple

from sandbox.demo import APPROVERS, MEMBERS

# Not a secret: the stack listens on this machine only and is deleted when it ends.
PASSWORD: Final = "just for trying out"  # noqa: S105


class Person(NamedTuple):
    """A person to log in as; `what` describes the roles."""

    address: str
    name: str
    what: str
    roles: tuple[str, ...] = ()


ADMINISTRATOR: Final = "barbara@example.org"
PEOPLE: Final = (
    Person("ada@example.org", "Ada Lovelace", "author", ("author",)),
    *(Person(address, name, "approver", ("sender",)) for address, name in APPROVERS.items()),
    *(
        Person(address, name, "administrator", ("administrator",))
        if address == ADMINISTRATOR
        else Person(address, name, "member")
        for address, name in MEMBERS.items()
    ),
)
