"""State machines: rows whose state changes along declared moves only."""

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from typing import Any, ClassVar, Self, cast

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    ColumnElement,
    Enum,
    Select,
    SQLColumnExpression,
    Table,
    Text,
    UniqueConstraint,
    any_,
    inspect,
    literal,
    select,
    sql,
    true,
    update,
)
from sqlalchemy.orm import Mapped, Session, object_session, validates

from models.base import Base, identity
from models.refusals import Refusal


class IllegalTransition(Refusal):
    """The row's state has no move to the wanted one."""


def text_enum(kind: type[StrEnum], *, checked: bool = True) -> Enum:
    """Return the type of a text column for the values of `kind`.

    A CHECK lists them, unless `checked` is false: then only Python refuses other values.
    """
    return Enum(
        kind,
        native_enum=False,
        create_constraint=checked,
        validate_strings=not checked,
        length=32,
        name=kind.__name__.lower(),
        values_callable=lambda members: [member.value for member in members],
    )


# The moves that a trigger allows; migrations fill it, and a test compares it with every `moves`.
legal_move = Table(
    "legal_move",
    Base.metadata,
    Column("entity", Text, nullable=False),
    Column("origin", Text),  # null: the state of a new row
    Column("target", Text, nullable=False),
    UniqueConstraint("entity", "origin", "target", postgresql_nulls_not_distinct=True),
)


def is_one_of(column: SQLColumnExpression[int], ids: Iterable[int]) -> ColumnElement[bool]:
    """Return whether the id is one of many.

    All are one constant, an array as text; `in_` makes a parameter of each, ARRAY[…] a constant.
    """
    array = literal("{" + ",".join(map(str, ids)) + "}", Text)
    return column == any_(sql.cast(array, ARRAY(BigInteger)))


class Lifecycle(Base):
    """A row whose `state` changes only by `move` and `move_all`, and only along `moves`.

    `moves` maps each state to the next states, and None to the state of a new row.  A trigger in
    PostgreSQL checks the same moves (`legal_move`) for every client.
    """

    __abstract__ = True

    moves: ClassVar[Mapping[Any, Collection[Any]]]

    id: Mapped[identity]
    state: Mapped[Any]

    def __init__(self, **columns: Any) -> None:
        (initial,) = self.moves[None]
        super().__init__(state=initial, **columns)

    @classmethod
    def take(cls, session: Session, row_id: int, *states: StrEnum) -> Self | None:
        """Lock the row and return it; None if it is in none of `states` or already locked."""
        return session.scalar(
            select(cls)
            .where(cls.id == row_id, cls.state.in_(states))
            .with_for_update(skip_locked=True)
            # Otherwise a row that the session read before the lock keeps its old columns.
            .execution_options(populate_existing=True)
        )

    @classmethod
    def move_all(
        cls,
        session: Session,
        ids: Iterable[int] | Select[int],
        to: StrEnum,
        *only_from: StrEnum,
        where: ColumnElement[bool] | None = None,
        **columns: Any,
    ) -> list[int]:
        """Move those rows of `ids` to `to` whose state allows it, and return their ids.

        `only_from` and `where` restrict them further; `columns` are set with the state.  It is one
        conditional UPDATE, so that of two workers racing for the same move exactly one succeeds.
        """
        session.flush()
        legal = {origin for origin, targets in cls.moves.items() if origin and to in targets}
        origins = legal & set(only_from) if only_from else legal
        mapper = inspect(cls)
        column = mapper.columns
        # The table instead of the class: as an ORM statement it takes twice as long.
        moved = session.scalars(
            update(cast("Table", mapper.local_table))
            .where(
                column.id.in_(ids) if isinstance(ids, Select) else is_one_of(column.id, ids),
                column.state.in_(origins),
                true() if where is None else where,
            )
            .values({column[name]: value for name, value in {"state": to, **columns}.items()})
            .returning(column.id)
        ).all()
        for row in session.identity_map.values():
            if isinstance(row, cls):
                session.expire(row, ["state", *columns])
        return list(moved)

    def move(self, to: StrEnum, *only_from: StrEnum) -> None:
        """Move to `to`, with `only_from` only from these states, or raise IllegalTransition."""
        session = object_session(self)
        assert session is not None, "only a row that belongs to a session can move"
        session.flush()
        moved = self.move_all(session, [self.id], to, *only_from)
        if not moved:
            session.refresh(self, ["state"])
            raise IllegalTransition(
                "%(noun)s %(number)d is %(state)s; it cannot become %(to)s.",
                noun=type(self).__name__,
                number=self.id,
                state=self.state,
                to=to,
            )

    @validates("state", include_removes=False)
    def _refuse_assignment(self, _key: str, state: StrEnum) -> StrEnum:
        if self.__dict__.get("state", state) != state or object_session(self) is not None:
            raise AttributeError(f"{type(self).__name__}.state changes only by move()")
        return state
