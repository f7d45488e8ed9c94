"""Other services that act here: what each may do, its keys, and its names for people and lists."""

from datetime import datetime
from enum import StrEnum
from secrets import token_hex

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from models.base import Base, identity
from models.clock import now
from models.lifecycle import text_enum

# The key of the acting service in `session.info`.
SERVICE = "service"


class Scope(StrEnum):
    """What a service may do; each public task and each route of the API belongs to one scope."""

    READ = "read"
    PEOPLE = "people"
    LISTS = "lists"
    SUBSCRIPTIONS = "subscriptions"
    MESSAGES = "messages"
    DECISIONS = "decisions"


class ActsFor(StrEnum):
    """Whom a service may name: in whose place it acts, and whom it changes or reads."""

    EVERYONE = "everyone"
    OWN = "own"  # people whom it has brought, or to whom it has given its own key


class Service(Base):
    """Another program that acts here, such as a members' register."""

    __tablename__ = "service"
    __table_args__ = (CheckConstraint(f"scopes <@ '{{{','.join(Scope)}}}'", name="known"),)

    id: Mapped[identity]
    name: Mapped[str] = mapped_column(unique=True)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    acts_for: Mapped[ActsFor] = mapped_column(text_enum(ActsFor), default=ActsFor.EVERYONE)
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)

    keys: Mapped[list["ServiceKey"]] = relationship(
        back_populates="service", order_by="ServiceKey.id"
    )

    def __str__(self) -> str:
        """The name, which refusals and logs may show."""
        return self.name


class ServiceKey(Base):
    """A key of a Service: the bearer token of its requests, and what signs its tasks.

    The token is derived from the id, the salt and SECRET_KEY, and shown once; none is stored.
    """

    __tablename__ = "service_key"

    id: Mapped[identity]
    service_id: Mapped[int] = mapped_column(ForeignKey("service.id"), index=True)
    # Random: a key from before a restored backup must not be that of another row.
    salt: Mapped[str] = mapped_column(default=token_hex)
    # Fewer than the service's; null is all of them.
    scopes: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    # To the minute, so that most calls write nothing.
    last_used_at: Mapped[datetime | None]

    service: Mapped[Service] = relationship(back_populates="keys", lazy="joined")

    @property
    def is_valid(self) -> bool:
        """Whether a call with this key is accepted."""
        return not (self.is_expired or self.revoked_at or self.service.disabled_at)

    @property
    def is_expired(self) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and self.expires_at <= now()

    def may(self, scope: Scope) -> bool:
        """Whether a call with this key may do what is in `scope`."""
        return scope in self.service.scopes and (self.scopes is None or scope in self.scopes)


class ExternalId(Base):
    """A service's own key for a person or a list."""

    __tablename__ = "external_id"
    __table_args__ = (
        CheckConstraint("num_nonnulls(user_id, list_id) = 1", name="one"),
        Index(
            "external_id_person_key",
            "service_id",
            "key",
            unique=True,
            postgresql_where="user_id is not null",
        ),
        Index(
            "external_id_list_key",
            "service_id",
            "key",
            unique=True,
            postgresql_where="list_id is not null",
        ),
        Index(
            "external_id_user_key",
            "user_id",
            "service_id",
            unique=True,
            postgresql_where="user_id is not null",
        ),
        Index(
            "external_id_mailing_list_key",
            "list_id",
            "service_id",
            unique=True,
            postgresql_where="list_id is not null",
        ),
    )

    id: Mapped[identity]
    service_id: Mapped[int] = mapped_column(ForeignKey("service.id"))
    key: Mapped[str]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    list_id: Mapped[int | None] = mapped_column(ForeignKey("mailing_list.id"))
    # Since when the service's register lacks the person, who was disabled for that.
    missing_since: Mapped[datetime | None]


def act_as(session: Session, service: Service | None) -> None:
    """Let every entry of this session's audit log name the service."""
    session.info[SERVICE] = service.name if service else None


def acting_service(session: Session) -> str | None:
    """Return the name of the service that acts in this session, if one does."""
    name: str | None = session.info.get(SERVICE)
    return name
