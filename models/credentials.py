"""How a User logs in to the portal: password, second factor, mailed links."""

from datetime import datetime
from enum import StrEnum
from uuid import uuid4

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, identity
from models.clock import now
from models.lifecycle import text_enum
from models.people import User


def new_stamp() -> str:
    """Return a random session stamp, or the id of a session."""
    return uuid4().hex


class Credentials(Base):
    """A User's password and second factor; created when the portal first needs them."""

    __tablename__ = "credentials"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    # argon2id; null for a user who logs in by mailed links only.
    password_hash: Mapped[str | None]
    # Every session holds it; a new stamp ends them all.
    session_stamp: Mapped[str] = mapped_column(unique=True, default=new_stamp)
    # Encrypted with a key derived from SECRET_KEY; null without a second factor.
    totp_secret: Mapped[str | None]
    # The time step of the last code used: a code is accepted once (RFC 6238, 5.2).
    totp_counter: Mapped[int | None]

    user: Mapped[User] = relationship(lazy="joined")


class RecoveryCode(Base):
    """A code that replaces the second factor once."""

    __tablename__ = "recovery_code"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    # HMAC-SHA-256 with a key derived from SECRET_KEY, hexadecimal.
    code_hash: Mapped[str] = mapped_column(primary_key=True)
    used_at: Mapped[datetime | None]


class PortalSession(Base):
    """A session of a User in the portal; the signed cookie holds its id.  A log-out deletes it."""

    __tablename__ = "portal_session"

    # Random: an id from before a restored back-up must not name another session.
    id: Mapped[str] = mapped_column(primary_key=True, default=new_stamp)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    began_at: Mapped[datetime] = mapped_column(default=now, index=True)


class LinkPurpose(StrEnum):
    """What a mailed link is for."""

    LOG_IN = "log_in"
    RESET = "reset"
    INVITATION = "invitation"
    ADDRESS = "address"


class MailedLink(Base):
    """A link sent by mail: for one User and one purpose, used once, short-lived.

    Its token is derived from the id and SECRET_KEY; only the hash is stored.
    """

    __tablename__ = "mailed_link"

    id: Mapped[identity]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    purpose: Mapped[LinkPurpose] = mapped_column(text_enum(LinkPurpose))
    # SHA-256, hexadecimal; null until the letter with the token is rendered.
    token_hash: Mapped[str | None] = mapped_column(unique=True)
    # The address to be confirmed, which then gets the letter instead of the user's address.
    new_address: Mapped[str | None]
    made_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()

    @property
    def over(self) -> bool:
        """Whether it was used or has expired."""
        return self.used_at is not None or self.expires_at <= now()
