"""Who lives in the house of `make up`: what each may do, and how they log in."""

from typing import Final, NamedTuple

from sandbox.demo import APPROVERS, MEMBERS

# The house listens to this machine only, and forgets everybody at its end.
PASSWORD: Final = "just for trying out"  # noqa: S105


class Resident(NamedTuple):
    """A person to log in as."""

    address: str
    name: str
    what: str
    roles: tuple[str, ...] = ()


ADMINISTRATOR: Final = "barbara@example.org"
RESIDENTS: Final = (
    Resident("ada@example.org", "Ada Lovelace", "author", ("author",)),
    *(Resident(address, name, "approver", ("sender",)) for address, name in APPROVERS.items()),
    *(
        Resident(address, name, "administrator", ("administrator",))
        if address == ADMINISTRATOR
        else Resident(address, name, "member")
        for address, name in MEMBERS.items()
    ),
)
