"""Accept one mail, from LMTP or from the pipe."""

from models import InboundMail
from notifications.letters.keys import Keys
from settings import settings
from workflows.inbound import stored_mail
from workflows.inbound.return_paths import is_return_path
from workflows.moderation.approver_keys import keys_by_reply
from workflows.subscriptions.tokens import find_owner_by_address
from workflows.transaction import transaction


def is_our_address(address: str) -> bool:
    """Whether to accept mail for this address: with a known token, or that of bounces."""
    if address.lower() == settings.envelope_sender.lower():
        return True
    keys = Keys.from_settings(settings)
    with transaction() as session:
        return (
            keys_by_reply(session, storable(address), keys) is not None
            or find_owner_by_address(session, address) is not None
            or is_return_path(session, address)
        )


def receive(raw: bytes, *, sender: str, recipient: str) -> InboundMail:
    """Commit the raw mail; a worker reads it afterwards."""
    with transaction() as session:
        return stored_mail.save(
            session, raw, sender=storable(sender), recipient=storable(recipient)
        )


def storable(address: str) -> str:
    """Replace what a text column cannot store: bytes of other charsets, and NUL."""
    return address.encode("utf-8", "surrogateescape").decode("utf-8", "replace").replace("\0", "")
