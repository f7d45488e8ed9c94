"""Client of Listgate: `listgate_client.http.Api` or `listgate_client.tasks.Tasks` calls it.

Their methods are drawn from Listgate's own contracts.
"""

from listgate_client.event import Event
from listgate_client.refusals import NoAnswer, Refused
from listgate_client.stream import read_events
from listgate_client.webhooks import WrongSignature, verify_webhook

__all__ = ["Event", "NoAnswer", "Refused", "WrongSignature", "read_events", "verify_webhook"]
