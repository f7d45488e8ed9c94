"""Roles, and where each is granted to whom: everywhere, on one list, or on a set of lists."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ColumnElement,
    ForeignKey,
    SmallInteger,
    SQLColumnExpression,
    Table,
    UniqueConstraint,
    and_,
    column,
    func,
    or_,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship

from models.base import Base, identity
from models.rights import LIST_RIGHTS, Right

# Only what a grant shows of its place; models/lists.py has the classes.
mailing_list = table("mailing_list", column("id"), column("short_name"))
list_set = table("list_set", column("id"), column("name"))

list_set_member = Table(
    "list_set_member",
    Base.metadata,
    Column("list_set_id", ForeignKey("list_set.id"), primary_key=True),
    Column("list_id", ForeignKey("mailing_list.id"), primary_key=True, index=True),
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


class Grant(Base):
    """A Role that a User has: everywhere, on one list, or on the lists of a set.

    A grant is read with its role and its place in one statement.
    """

    __tablename__ = "user_role"
    __table_args__ = (
        UniqueConstraint(
            "user_id", "role_id", "list_id", "list_set_id", postgresql_nulls_not_distinct=True
        ),
        CheckConstraint("list_id is null or list_set_id is null", name="one_place"),
    )

    id: Mapped[identity]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    role_id: Mapped[int] = mapped_column(ForeignKey("role.id"), index=True)
    list_id: Mapped[int | None] = mapped_column(ForeignKey("mailing_list.id"), index=True)
    list_set_id: Mapped[int | None] = mapped_column(ForeignKey("list_set.id"), index=True)

    role: Mapped[Role] = relationship(lazy="joined", innerjoin=True)
    # Of a grant on a set: the ids of its lists, None if it has none.
    set_list_ids: Mapped[list[int] | None] = column_property(
        select(func.array_agg(list_set_member.c.list_id))
        .where(list_set_member.c.list_set_id == list_set_id)
        .scalar_subquery()
    )
    list_name: Mapped[str | None] = column_property(
        select(mailing_list.c.short_name).where(mailing_list.c.id == list_id).scalar_subquery()
    )
    set_name: Mapped[str | None] = column_property(
        select(list_set.c.name).where(list_set.c.id == list_set_id).scalar_subquery()
    )

    @property
    def is_everywhere(self) -> bool:
        """Whether the role is granted on every list, and for what concerns no list."""
        return self.list_id is None and self.list_set_id is None

    def list_ids(self) -> set[int]:
        """Return the ids of the lists on which the role is granted; none if it is everywhere."""
        return {self.list_id} if self.list_id is not None else set(self.set_list_ids or ())

    def gives(self, right: Right, list_id: int | None) -> bool:
        """Whether this grant gives the right everywhere or, if it concerns lists, on that list."""
        if right not in self.role.rights:
            return False
        return self.is_everywhere or (right in LIST_RIGHTS and list_id in self.list_ids())

    @classmethod
    def everywhere(cls) -> ColumnElement[bool]:
        """SQL: `is_everywhere`."""
        return and_(cls.list_id.is_(None), cls.list_set_id.is_(None))

    @classmethod
    def on_list(cls, list_id: SQLColumnExpression[int] | int) -> ColumnElement[bool]:
        """SQL: `list_id in list_ids()`."""
        sets = select(list_set_member.c.list_set_id).where(list_set_member.c.list_id == list_id)
        with_list = cls.list_set_id.in_(sets.correlate_except(list_set_member))
        return or_(cls.list_id == list_id, with_list)
