"""Who acts, and through which door."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self, TypedDict

from models.people import User
from models.rights import Right
from models.services import Service


class Door(StrEnum):
    """Through which door an act came in."""

    PORTAL = "portal"
    LINK = "link"
    MAIL = "mail"
    UNSUBSCRIBE = "unsubscribe"
    COMPLAINT = "complaint"
    SMS = "sms"
    COMMAND_LINE = "command_line"
    SERVICE = "service"
    SYSTEM = "system"


class Signature(TypedDict):
    """An Actor as rows and refusals keep it."""

    by_id: int | None
    via: Door


# Who acts without a user, and may do anything.  The other doors are open to strangers.
NAMES = {Door.COMMAND_LINE: "operator", Door.SERVICE: "operator", Door.SYSTEM: "system"}
UNKNOWN_SENDER = "unknown sender"


@dataclass(frozen=True)
class Actor:
    """Who acts and through which door.

    A user, or without one another service, the local operator, the system, or an unknown sender.
    """

    user: User | None
    door: Door
    service: Service | None = None

    @classmethod
    def operator(cls) -> Self:
        """The local operator, at the command line, who may do anything."""
        return cls(None, Door.COMMAND_LINE)

    @classmethod
    def system(cls) -> Self:
        """Listgate itself: what a worker does when its time has come."""
        return cls(None, Door.SYSTEM)

    @property
    def person(self) -> User:
        """The acting user, for what only a person can do: write, ask, answer."""
        assert self.user is not None, "only a person does this, not the operator or the system"
        return self.user

    @property
    def name(self) -> str:
        """The name of the user or the service, "operator", "system" or "unknown sender"."""
        who = self.user or self.service
        return who.name if who else NAMES.get(self.door, UNKNOWN_SENDER)

    @property
    def signature(self) -> Signature:
        """The user's id and the door."""
        return {"by_id": self.user.id if self.user else None, "via": self.door}

    def may(self, right: Right, list_id: int | None = None) -> bool:
        """Whether the user has `right`, with `list_id` on that list.

        The operator and the system may do anything; a service is limited by its scopes.
        """
        return self.user.may(right, list_id) if self.user else self.door in NAMES
