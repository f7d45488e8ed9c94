"""Every operation that another service can call: importing this module declares them."""

from workflows.public import (
    listings,
    lists,
    messages,
    moderation,
    people,
    people_sync,
    subscriptions,
)
from workflows.public.declare import HTTP_ONLY, PUBLIC, Operation

# The tasks, and what declares them.
__all__ = [
    "PUBLIC",
    "listings",
    "lists",
    "messages",
    "moderation",
    "people",
    "people_sync",
    "subscriptions",
]

# What has a route: the tasks, and what is none.
OPERATIONS: dict[str, Operation] = PUBLIC | HTTP_ONLY
