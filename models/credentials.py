"""How a User proves who they are at the portal's door."""

from datetime import datetime
from enum import StrEnum
from uuid import uuid4

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, identity
from models.clock import now
from models.lifecycle import word
from models.people import User


def new_stamp() -> str:
    """What no session had before."""
    return uuid4().hex


class Credentials(Base):
    """A User's password and second factor; made when the portal first needs them."""

    __tablename__ = "credentials"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    # argon2id; null for whoever comes in by mailed links only.
    password_hash: Mapped[str | None]
    # Every session carries it; a new one ends them all.
    session_stamp: Mapped[str] = mapped_column(unique=True, default=new_stamp)
    # Encrypted with a key that follows from SECRET_KEY; null without a second factor.
    totp_secret: Mapped[str | None]
    # The last time slot whose code was used: a code counts once (RFC 6238, 5.2).
    totp_counter: Mapped[int | None]

    user: Mapped[User] = relationship(lazy="joined")


class LinkPurpose(StrEnum):
    """What a mailed link is for."""

    LOG_IN = "log_in"
    RESET = "reset"
    INVITATION = "invitation"
    ADDRESS = "address"


class MailedLink(Base):
    """A link that came by mail: for one User and one purpose, used once, soon over.

    Its token follows from the id and the operator's secret; only the hash is kept.
    """

    __tablename__ = "mailed_link"

    id: Mapped[identity]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    purpose: Mapped[LinkPurpose] = mapped_column(word(LinkPurpose))
    # SHA-256, hexadecimal; null until the letter with the token is written.
    token_hash: Mapped[str | None] = mapped_column(unique=True)
    # Where the letter goes if not to the user's address: one that is to be confirmed.
    new_address: Mapped[str | None]
    made_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()

    @property
    def over(self) -> bool:
        """Whether it was used or has expired."""
        return self.used_at is not None or self.expires_at <= now()
