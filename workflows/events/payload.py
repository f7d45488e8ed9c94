"""Write an event as JSON for one service, with that service's own keys for people and lists."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import ActsFor, Event, ExternalId, MailingList, Service


@dataclass(frozen=True)
class Names:
    """A list's short name, and the service's own keys for the list and for people."""

    short_name: str = ""
    list_key: str | None = None
    people: Mapping[int, str] = field(default_factory=dict)
    # The service may learn of people with a key only.
    only_own: bool = False


def names_for(session: Session, event: Event, service: Service) -> Names:
    """Look up what the event's ids are called."""
    list_id, people = event.data["list_id"], people_of(event)
    own = select(ExternalId).where(ExternalId.service_id == service.id)
    of_list = session.scalar(own.where(ExternalId.list_id == list_id))
    keys = session.scalars(own.where(ExternalId.user_id.in_(people))) if people else ()
    return Names(
        session.get_one(MailingList, list_id).short_name if list_id else "",
        of_list.key if of_list else None,
        {each.user_id: each.key for each in keys if each.user_id},
        service.acts_for is ActsFor.OWN,
    )


def people_of(event: Event) -> list[int]:
    """Return the ids of the people whom the event is about."""
    people: list[int] = event.data.get("user_ids", [])
    return [event.data["user_id"]] if "user_id" in event.data else people


def payload(event: Event, names: Names) -> bytes | None:
    """Return the body of the event's request; None if it concerns no one whom the service knows."""
    ids = {"list_id", "message_id", "user_id", "user_ids"}
    facts: dict[str, Any] = {}
    if "message_id" in event.data:
        facts["message"] = {"id": event.data["message_id"]}
    if list_id := event.data["list_id"]:
        key = names.list_key
        facts["list"] = {"id": list_id, "short_name": names.short_name, "external_id": key}
    people = [
        {"id": user_id, "external_id": names.people.get(user_id)}
        for user_id in people_of(event)
        if user_id in names.people or not names.only_own
    ]
    if people_of(event) and not people:
        return None
    if "user_id" in event.data:
        facts["person"] = people[0]
    elif "user_ids" in event.data:
        facts["people"] = people
    facts |= {name: value for name, value in event.data.items() if name not in ids}
    timestamp = event.at.isoformat(timespec="microseconds")
    body = {"type": event.kind.value, "timestamp": timestamp, "data": facts}
    return json.dumps(body, ensure_ascii=False).encode()
