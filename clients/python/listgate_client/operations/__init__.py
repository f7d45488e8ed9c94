"""Everything that a service can do by task and by HTTP.

Drawn from workflows/public by `make fix`.
"""

from listgate_client.operations.lists import Lists
from listgate_client.operations.messages import Messages
from listgate_client.operations.moderation import Moderation
from listgate_client.operations.people import People
from listgate_client.operations.people_sync import PeopleSync
from listgate_client.operations.subscriptions import Subscriptions


class Operations(Lists, Messages, Moderation, People, PeopleSync, Subscriptions):
    """Listgate's operations."""
