"""Idempotency keys: the answers of public tasks, so that a repeated call gets the same one."""

from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.clock import now


class IdempotentCall(Base):
    """One call of a public task, by the idempotency key that its caller gave."""

    __tablename__ = "idempotent_call"

    key: Mapped[str] = mapped_column(primary_key=True)
    task: Mapped[str]
    arguments: Mapped[dict[str, Any]] = mapped_column(JSONB)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    called_at: Mapped[datetime] = mapped_column(default=now, index=True)
