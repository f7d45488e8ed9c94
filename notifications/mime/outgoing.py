"""A list's message as it will be sent: what approvers are shown is what recipients get."""

from models import Message
from notifications.mime.envelope import wire_domain
from notifications.mime.list_headers import ListHeading, as_sent


def outgoing(message: Message) -> bytes:
    """The bytes that go to every recipient (RFC 5322, CRLF)."""
    mailing_list = message.mailing_list
    domain = wire_domain(mailing_list.address.rpartition("@")[2])
    return as_sent(
        message.raw,
        ListHeading(
            list_id=f"{mailing_list.short_name}.{domain}",
            list_name=mailing_list.name,
            list_address=mailing_list.address,
            author_address=message.author.address,
            message_id=f"<message.{message.id}@{domain}>",
            date=message.written_at,
        ),
    )
