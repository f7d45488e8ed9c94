"""Take in one mail, whichever way the mail server hands it over."""

from models import InboundMail
from settings import settings
from workflows.inbound import mail
from workflows.moderation.approver_keys import keys_by_reply
from workflows.transaction import transaction


def expected(address: str) -> bool:
    """Whether mail for this address is ours to take: somebody's reply address, or bounces."""
    if address.lower() == settings.envelope_sender.lower():
        return True
    with transaction() as session:
        return keys_by_reply(session, storable(address)) is not None


def receive(raw: bytes, *, sender: str, recipient: str) -> InboundMail:
    """Commit the mail as it is; what it says is found out afterwards, by a worker."""
    with transaction() as session:
        return mail.keep(session, raw, sender=storable(sender), recipient=storable(recipient))


def storable(address: str) -> str:
    """The address without what no text column takes: bytes of other charsets, and NUL."""
    return address.encode("utf-8", "surrogateescape").decode("utf-8", "replace").replace("\0", "")
