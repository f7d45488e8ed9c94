"""Users and their roles."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Column, ForeignKey, SmallInteger, Table
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.addresses import Addressed
from models.base import Base, identity
from models.clock import now
from models.contacts import Channel, Language, Preference
from models.lifecycle import text_enum
from models.rights import Right

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
    __table_args__ = (
        CheckConstraint(r"phone ~ '^\+[1-9][0-9]{6,14}$'", name="e164"),
        # The list server gets one address per line, from COPY, which escapes backslashes.
        CheckConstraint(r"address !~ '[[:space:][:cntrl:]\\]'", name="one_word"),
    )

    id: Mapped[identity]
    name: Mapped[str]
    language: Mapped[Language] = mapped_column(text_enum(Language), default=Language.ENGLISH)
    # An IANA name; without one, times are shown in TIME_ZONE.
    time_zone: Mapped[str] = mapped_column(default="")
    preference: Mapped[Preference] = mapped_column(text_enum(Preference), default=Preference.EMAIL)
    # Unique, because the number identifies who answers by SMS.
    phone: Mapped[str | None] = mapped_column(unique=True)
    # The person texted STOP: the carrier delivers no SMS to them.
    sms_stopped_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    # A removed user keeps only the name, which decisions and the audit log need.
    removed_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)

    roles: Mapped[list[Role]] = relationship(secondary=user_role)

    def may(self, right: Right) -> bool:
        """Whether one of this person's roles has `right`; False for a disabled person."""
        return not self.disabled_at and any(right in role.rights for role in self.roles)

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels for letters to this person now; e-mail if SMS is not possible."""
        if self.preference is Preference.EMAIL or not self.phone or self.sms_stopped_at:
            return (Channel.EMAIL,)
        if self.preference is Preference.SMS:
            return (Channel.SMS,)
        return (Channel.EMAIL, Channel.SMS)

    def __str__(self) -> str:
        """The name, which refusals and logs may show; never the address."""
        return self.name
