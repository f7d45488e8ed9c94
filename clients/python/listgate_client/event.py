"""What has happened in Listgate."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self


@dataclass(frozen=True)
class Event:
    """Something that has happened; an event that is delivered twice has the same id."""

    id: str
    type: str  # such as "message.decided"
    at: datetime
    data: dict[str, Any]

    @classmethod
    def read(cls, event_id: str, body: str | bytes) -> Self:
        """Return the event of a webhook's body, or of a stream's entry."""
        said = json.loads(body)
        return cls(event_id, said["type"], datetime.fromisoformat(said["timestamp"]), said["data"])
