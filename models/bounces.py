"""Copies that came back."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.clock import now


class Bounce(Base):
    """A person's copy of a message was returned; further reports about it change nothing.

    It is kept for as long as it counts (workflows/subscriptions/suspend.py).
    """

    __tablename__ = "bounce"

    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True, index=True)
    # Refused because of the address; otherwise for a reason that may pass, or only delayed.
    hard: Mapped[bool]
    status: Mapped[str]  # RFC 3463, such as 5.1.1
    at: Mapped[datetime] = mapped_column(default=now, index=True)
