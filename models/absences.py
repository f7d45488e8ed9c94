"""Absences of approvers, each with a deputy or none."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, CheckConstraint, ColumnElement, ForeignKey, Index, and_
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, identity
from models.clock import now
from models.people import User


class Absence(Base):
    """A time in which a person is away; the deputy answers requests in their place.

    Those of one person do not overlap: `workflows.people.absences` checks it under a lock.
    """

    __tablename__ = "absence"
    __table_args__ = (
        CheckConstraint("from_at < until_at", name="order"),
        CheckConstraint("deputy_id <> user_id", name="other"),
        Index(None, "user_id", "until_at"),
        Index(None, "deputy_id", "until_at", postgresql_where="deputy_id is not null"),
        Index(None, "due_at", postgresql_where="due_at is not null"),
    )

    id: Mapped[identity]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    from_at: Mapped[datetime]
    until_at: Mapped[datetime]  # exclusive
    zone: Mapped[str]  # the IANA name of the zone in which the days were chosen
    deputy_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    # When the sweep next asks about open requests: at the beginning, then at the end.
    due_at: Mapped[datetime | None]

    user: Mapped[User] = relationship(foreign_keys=[user_id])
    deputy: Mapped[User | None] = relationship(foreign_keys=[deputy_id])

    @classmethod
    def is_current(cls, moment: BindParameter[datetime] | None = None) -> ColumnElement[bool]:
        """SQL: the person is away now, or at this moment."""
        at = now() if moment is None else moment
        return and_(cls.from_at <= at, cls.until_at > at)

    @classmethod
    def is_ahead(cls) -> ColumnElement[bool]:
        """SQL: the person is away now or later."""
        return cls.until_at > now()

    @property
    def first_day(self) -> date:
        """The first day away."""
        return self.from_at.astimezone(ZoneInfo(self.zone)).date()

    @property
    def last_day(self) -> date:
        """The last day away."""
        until_at = self.until_at - timedelta(microseconds=1)
        return until_at.astimezone(ZoneInfo(self.zone)).date()
