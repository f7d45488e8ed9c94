"""What a public task answered, so that the same call gets the same answer."""

from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.clock import now


class IdempotentCall(Base):
    """One call of a public task, remembered by the key its caller gave it."""

    __tablename__ = "idempotent_call"

    key: Mapped[str] = mapped_column(primary_key=True)
    task: Mapped[str]
    arguments: Mapped[dict[str, Any]] = mapped_column(JSONB)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    called_at: Mapped[datetime] = mapped_column(default=now, index=True)
