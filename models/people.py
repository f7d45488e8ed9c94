"""Users, and what each may do on which list."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    SQLColumnExpression,
    and_,
    false,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.addresses import Addressed
from models.base import Base, identity
from models.clock import now
from models.contacts import Channel, Language, Preference
from models.grants import Grant, Role
from models.lifecycle import text_enum
from models.rights import LIST_RIGHTS, Right


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

    grants: Mapped[list[Grant]] = relationship(cascade="all, delete-orphan", order_by=Grant.id)

    @property
    def roles(self) -> list[Role]:
        """The roles that are granted everywhere."""
        return [grant.role for grant in self.grants if grant.is_everywhere]

    @roles.setter
    def roles(self, roles: Iterable[Role]) -> None:
        kept = {grant.role: grant for grant in self.grants if grant.is_everywhere}
        elsewhere = [grant for grant in self.grants if not grant.is_everywhere]
        everywhere = [kept.get(role) or Grant(role=role) for role in dict.fromkeys(roles)]
        self.grants = elsewhere + everywhere

    def may(self, right: Right, list_id: int | None = None) -> bool:
        """Whether this person has `right` everywhere or, with `list_id`, on that list.

        False for a disabled person.  `able` is the same rule in SQL.
        """
        return not self.disabled_at and any(grant.gives(right, list_id) for grant in self.grants)

    @property
    def is_administrator(self) -> bool:
        """Whether this person may edit users, or may again once they are enabled."""
        return any(Right.EDIT_USERS in role.rights for role in self.roles)

    def list_ids(self, right: Right) -> set[int]:
        """Return the ids of the single lists on which this person has `right`."""
        if self.disabled_at or right not in LIST_RIGHTS:
            return set()
        giving = [grant for grant in self.grants if right in grant.role.rights]
        return {list_id for grant in giving for list_id in grant.list_ids()}

    def may_somewhere(self, right: Right) -> bool:
        """Whether this person has `right` everywhere or on at least one list."""
        return self.may(right) or bool(self.list_ids(right))

    def may_on(self, right: Right, list_id: SQLColumnExpression[int]) -> ColumnElement[bool]:
        """SQL: `may(right, list_id)` of this person, for the lists of a query."""
        if self.may(right):
            return true()
        return list_id.in_(lists) if (lists := self.list_ids(right)) else false()

    @classmethod
    def able(
        cls, right: Right, list_id: SQLColumnExpression[int] | int | None = None
    ) -> ColumnElement[bool]:
        """SQL: `may(right, list_id)`, for the users of a query."""
        if list_id is None or right not in LIST_RIGHTS:
            return cls.has_grant(right, Grant.everywhere())
        return cls.has_grant(right, or_(Grant.everywhere(), Grant.on_list(list_id)))

    @classmethod
    def able_on_list(
        cls, right: Right, list_id: SQLColumnExpression[int] | int
    ) -> ColumnElement[bool]:
        """SQL: `list_id in list_ids(right)`: as `able`, but not from a grant everywhere."""
        if right not in LIST_RIGHTS:
            return false()
        return cls.has_grant(right, Grant.on_list(list_id))

    @classmethod
    def has_grant(cls, right: Right, place: ColumnElement[bool]) -> ColumnElement[bool]:
        """SQL: the person is enabled and has a role with the right at this place."""
        given = (
            select(Grant.id)
            .join(Grant.role)
            .where(Grant.user_id == cls.id, Role.rights.contains([right.value]), place)
            .correlate_except(Grant, Role)
        )
        return and_(cls.disabled_at.is_(None), given.exists())

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
