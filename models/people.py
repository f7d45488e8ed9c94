"""Users, and what they may do."""

from datetime import datetime
from enum import IntEnum

from sqlalchemy import CheckConstraint, Column, ForeignKey, SmallInteger, Table
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.addresses import Addressed
from models.base import Base, identity
from models.clock import now


class Right(IntEnum):
    """What a User may do, with the number the source system gives it."""

    EDIT_LISTS = 402
    VIEW_LISTS = 404
    SEND_MESSAGES = 601
    VIEW_OUTBOX = 605
    SCHEDULE_SENDOUT = 618
    EDIT_USERS = 2000
    VIEW_USERS = 2001
    USE_APPROVER_LISTS = 2309
    CREATE_APPROVER_LISTS = 2310
    EDIT_APPROVER_LISTS = 2311
    DELETE_APPROVER_LISTS = 2312


user_role = Table(
    "user_role",
    Base.metadata,
    Column("user_id", ForeignKey("user.id"), primary_key=True),
    Column("role_id", ForeignKey("role.id"), primary_key=True),
)


class Role(Base):
    """A named set of Rights; administrators edit them."""

    __tablename__ = "role"
    __table_args__ = (
        CheckConstraint(f"rights <@ '{{{','.join(str(int(r)) for r in Right)}}}'", name="known"),
    )

    id: Mapped[identity]
    name: Mapped[str] = mapped_column(unique=True)
    rights: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger))


class User(Addressed, Base):
    """A person; what they may do comes from roles and rights."""

    __tablename__ = "user"

    id: Mapped[identity]
    name: Mapped[str]
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)

    roles: Mapped[list[Role]] = relationship(secondary=user_role)

    def may(self, right: Right) -> bool:
        """Whether one of this person's roles has `right`; a disabled person may nothing."""
        return not self.disabled_at and any(right in role.rights for role in self.roles)

    def __str__(self) -> str:
        """The name: what refusals and logs call a person, never the address."""
        return self.name
