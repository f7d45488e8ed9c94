"""Facts about the whole installation; the table has one row, which a migration inserts."""

from datetime import datetime
from secrets import token_hex

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class Installation(Base):
    """The one row."""

    __tablename__ = "installation"
    __table_args__ = (CheckConstraint("id", name="one_row"),)

    id: Mapped[bool] = mapped_column(primary_key=True, default=True, server_default="true")
    # The oldest revision whose code works with this schema; a migration that removes what older
    # code needs sets it to its own.
    serves_from: Mapped[str]
    # Since when no sendout sends; null if they do.
    sendouts_held_at: Mapped[datetime | None]
    # Encrypts the tokens in copies and envelope senders.  Unlike SECRET_KEY it never changes, so
    # that a link to unsubscribe works for as long as the list exists.
    token_key: Mapped[bytes]


def new_mark() -> str:
    """Return a random mark for a row, the part of its Message-ID that does not repeat.

    Ids do: after a backup was restored, new rows get the ids of those that were lost.
    """
    return token_hex(6)


def marked(row_id: int, mark: str | None) -> str:
    """Return the local part of a Message-ID after its kind: `42.9f86d081884c`."""
    return f"{row_id}.{mark}" if mark else str(row_id)
