"""Mailing lists, and the approver lists assigned to them."""

import re
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Column, ForeignKey, Table
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.addresses import Addressed
from models.base import Base, identity
from models.clock import now
from models.contacts import Language
from models.grants import list_set_member
from models.lifecycle import text_enum
from models.people import User
from models.sendout import Ruled, checks
from settings.types import SHORT_NAME

# A list's address becomes part of commands, so it has only characters that no shell and no program
# interprets.  Its domain may have letters of any alphabet.
LOCAL_PART = r"[A-Za-z0-9_][A-Za-z0-9._+-]*"
DOMAIN = r"[^\u0001-\u002c\u002f\u003a-\u0040\u005b-\u0060\u007b-\u007f]+"


def fits_list_address(address: str) -> bool:
    """Whether the address is safe as a part of commands."""
    # The CHECK has no rule against NUL: PostgreSQL does not store it.
    return re.fullmatch(f"{LOCAL_PART}@{DOMAIN}", address) is not None and "\0" not in address


class ListKind(StrEnum):
    """Whether members write to each other, or only read."""

    DISCUSSION = "discussion"
    ANNOUNCEMENT = "announcement"


class SelfService(StrEnum):
    """Who decides who joins: the person, the list's owners when the person asks, or they alone.

    Members of a list that is not closed leave by themselves.
    """

    OPEN = "open"
    ON_REQUEST = "on_request"
    CLOSED = "closed"


class WhoMayAsk(StrEnum):
    """Who may write to a list and ask for approval there."""

    AUTHORS = "authors"  # those with Right 9601 or 601 on the list
    MEMBERS = "members"  # authors and subscribers
    ACCOUNTS = "accounts"  # everyone with an account

    @classmethod
    def usual(cls, kind: ListKind) -> "WhoMayAsk":
        """Return the value for a new list of this kind: members of an announcement list read."""
        return cls.AUTHORS if kind is ListKind.ANNOUNCEMENT else cls.MEMBERS


# Open requests of one author to one list, if no one chooses another limit.
MAX_OPEN_REQUESTS = 3


class FromField(StrEnum):
    """Whose address the From field of a copy has."""

    AUTOMATIC = "automatic"  # the author's if it is of the list's domain, otherwise the list's
    AUTHOR = "author"
    LIST = "list"


class ListDelivery(StrEnum):
    """The recipients of a sendout: each member, or only the list's own address."""

    MEMBERS = "members"
    LIST_ADDRESS = "list_address"


approver = Table(
    "approver",
    Base.metadata,
    Column("approver_list_id", ForeignKey("approver_list.id"), primary_key=True),
    Column("user_id", ForeignKey("user.id"), primary_key=True),
)


class ApproverList(Base):
    """The users who may answer; one approver list may serve many MailingLists."""

    __tablename__ = "approver_list"

    id: Mapped[identity]
    name: Mapped[str] = mapped_column(unique=True)

    members: Mapped[list[User]] = relationship(secondary=approver, order_by=User.id)


class MailingList(Ruled, Addressed, Base):
    """A list, with its approver list and its sendout rules."""

    __tablename__ = "mailing_list"
    __table_args__ = (
        CheckConstraint(
            f"short_name ~ '^{SHORT_NAME}$' and position('..' in short_name) = 0",
            name="short_name",
        ),
        CheckConstraint(f"address ~ '^{LOCAL_PART}@{DOMAIN}$'", name="address"),
        CheckConstraint("max_open_requests >= 0", name="max_open_requests"),
        *checks(),
    )

    id: Mapped[identity]
    short_name: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    kind: Mapped[ListKind] = mapped_column(text_enum(ListKind), default=ListKind.ANNOUNCEMENT)
    delivery: Mapped[ListDelivery] = mapped_column(
        text_enum(ListDelivery), default=ListDelivery.MEMBERS
    )
    # An approver cannot approve an own message.
    four_eyes: Mapped[bool] = mapped_column(default=True)
    # Right 601 does not send alone: each message needs the approval of another person.
    second_person: Mapped[bool] = mapped_column(default=False)
    who_may_ask: Mapped[WhoMayAsk] = mapped_column(text_enum(WhoMayAsk), default=WhoMayAsk.AUTHORS)
    # Of one author, at once; 0 is no limit.
    max_open_requests: Mapped[int] = mapped_column(default=MAX_OPEN_REQUESTS)
    self_service: Mapped[SelfService] = mapped_column(
        text_enum(SelfService), default=SelfService.OPEN
    )
    # Of what Listgate adds to a copy.
    language: Mapped[Language] = mapped_column(text_enum(Language), default=Language.ENGLISH)
    # Each copy has a link by which its recipient unsubscribes; otherwise all copies are identical,
    # and one has up to 50 recipients.
    personal: Mapped[bool] = mapped_column(default=True)
    # A line at the end of text and HTML shows how to unsubscribe.
    unsubscribe_line: Mapped[bool] = mapped_column(default=True)
    from_field: Mapped[FromField] = mapped_column(text_enum(FromField), default=FromField.AUTOMATIC)
    approver_list_id: Mapped[int | None] = mapped_column(ForeignKey("approver_list.id"))
    escalation_list_id: Mapped[int | None] = mapped_column(ForeignKey("approver_list.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    # An archived list accepts neither messages nor members, and is not pushed.
    archived_at: Mapped[datetime | None]

    approver_list: Mapped[ApproverList | None] = relationship(foreign_keys=[approver_list_id])
    escalation_list: Mapped[ApproverList | None] = relationship(foreign_keys=[escalation_list_id])

    @property
    def excludes_author(self) -> bool:
        """Whether an approver cannot approve an own message."""
        return self.four_eyes or self.second_person

    def approvers(self, *, escalated: bool = False) -> list[User]:
        """The approvers who are not disabled; with `escalated`, the escalation list's too."""
        lists = [self.approver_list, self.escalation_list if escalated else None]
        members = dict.fromkeys(user for one in lists if one for user in one.members)
        return [user for user in members if not user.disabled_at]

    def approvers_for(self, author: User, *, escalated: bool = False) -> list[User]:
        """The approvers who may answer about a message of `author`, mostly not the author.

        `answerers` adds the deputies of those who are away.
        """
        return [
            user
            for user in self.approvers(escalated=escalated)
            if not (self.excludes_author and user.id == author.id)
        ]

    def __str__(self) -> str:
        return self.short_name


class ListSet(Base):
    """A named set of lists, on which roles are granted together."""

    __tablename__ = "list_set"

    id: Mapped[identity]
    name: Mapped[str] = mapped_column(unique=True)

    lists: Mapped[list[MailingList]] = relationship(
        secondary=list_set_member, order_by=MailingList.short_name
    )

    def __str__(self) -> str:
        return self.name
