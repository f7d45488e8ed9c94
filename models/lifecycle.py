"""States, and the only door between them."""

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from typing import Any, ClassVar, Self

from sqlalchemy import Column, Enum, Table, Text, UniqueConstraint, select, update
from sqlalchemy.orm import Mapped, Session, object_session, validates

from models.base import Base, identity
from models.refusals import Refusal


class IllegalTransition(Refusal):
    """The row was not in a state from which it may move there."""


def word(kind: type[StrEnum], *, checked: bool = True) -> Enum:
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
        values_callable=lambda words: [w.value for w in words],
    )


# What the database itself allows; migrations fill it, a test compares it with every `moves`.
legal_move = Table(
    "legal_move",
    Base.metadata,
    Column("entity", Text, nullable=False),
    Column("origin", Text),  # null: a birth
    Column("target", Text, nullable=False),
    UniqueConstraint("entity", "origin", "target", postgresql_nulls_not_distinct=True),
)


class Lifecycle(Base):
    """A row whose `state` changes only by `move` and `move_all`, and only along `moves`.

    `moves` maps each origin to its targets; the origin None is birth.  The database holds the same
    table (`legal_move`) and refuses everything else by itself.
    """

    __abstract__ = True

    moves: ClassVar[Mapping[Any, Collection[Any]]]

    id: Mapped[identity]
    state: Mapped[Any]

    def __init__(self, **columns: Any) -> None:
        (birth,) = self.moves[None]
        super().__init__(state=birth, **columns)

    @classmethod
    def take(cls, session: Session, row_id: int, *states: StrEnum) -> Self | None:
        """The row, locked for us; None if it is in none of `states` or a colleague holds it."""
        return session.scalar(
            select(cls)
            .where(cls.id == row_id, cls.state.in_(states))
            .with_for_update(skip_locked=True)
            # A row that this session read before it got the lock would keep its old columns.
            .execution_options(populate_existing=True)
        )

    @classmethod
    def move_all(
        cls, session: Session, ids: Iterable[int], to: StrEnum, *only_from: StrEnum
    ) -> list[int]:
        """Move those of `ids` to `to` that may move there, and return their ids.

        With `only_from`, only those that are in one of these states.

        One conditional UPDATE: of two workers racing for the same move, the database lets exactly
        one win.
        """
        session.flush()
        legal = {origin for origin, targets in cls.moves.items() if origin and to in targets}
        origins = legal & set(only_from) if only_from else legal
        moved = session.scalars(
            update(cls)
            .where(cls.id.in_(list(ids)), cls.state.in_(origins))
            .values(state=to)
            .returning(cls.id)
            .execution_options(synchronize_session=False)
        ).all()
        for row in session.identity_map.values():
            if isinstance(row, cls):
                session.expire(row, ["state"])
        return list(moved)

    def move(self, to: StrEnum, *only_from: StrEnum) -> None:
        """Move to `to`, if `only_from` is given only from there; or raise `IllegalTransition`."""
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
