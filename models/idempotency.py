"""Idempotency keys: the answers of public tasks, so that a repeated call gets the same one."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, identity
from models.clock import now


class IdempotentCall(Base):
    """One call of a public task, by the idempotency key that its caller gave."""

    __tablename__ = "idempotent_call"
    __table_args__ = (
        Index(
            "idempotent_call_service_id_key_key",
            "service_id",
            "key",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: Mapped[identity]
    # Null where unsigned calls are accepted.
    service_id: Mapped[int | None] = mapped_column(ForeignKey("service.id"))
    key: Mapped[str]
    task: Mapped[str]
    # SHA-256 of the arguments, which may be private; null for a call from before an upgrade.
    fingerprint: Mapped[str | None]
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    called_at: Mapped[datetime] = mapped_column(default=now, index=True)
