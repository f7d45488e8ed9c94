"""Makes the mail that a list gets from the bytes its author gave: another header, the same body."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from urllib.parse import quote

from models import Message
from notifications.mime.envelope import wire_address, wire_domain
from notifications.mime.header_lines import Field, mailboxes, take_apart

# Fields about another journey of this mail, or that are ours to say.
_DROPPED = frozenset(
    {
        "bcc",  # a secret between the author and somebody else
        "received",  # where the author's computer stands is not for the members
        "return-path",
        "delivered-to",  # Postfix takes the list's own address here for a loop
        "x-original-to",
        "errors-to",  # bounces go to the envelope's sender
        "sender",
        "precedence",
        # Each of a list's members would answer a receipt.
        "return-receipt-to",
        "disposition-notification-to",
        "disposition-notification-options",
        "x-confirm-reading-to",
        # A server's word on a mail that came to it, and to no other server (RFC 8601, 5).
        "authentication-results",
    }
)

_DROPPED_PREFIXES = (
    "list-",  # RFC 2369 and RFC 2919: this list's, and no other's
    "resent-",
    "x-listgate-",
    "arc-",  # vouches for authentication results, which are gone
)

# DKIM-Signature stays.  The body and the fields that are usually signed are left as they were, so
# it mostly stays valid, and DMARC has nothing else to go by for an author of another domain.  Where
# it signs that there be no List-Id, say, it is void; a void one counts as none (RFC 6376, 6.1).

# Fields that are ours to add where the author's are missing, or are there but empty.
_FALLBACKS = ("to", "cc", "message-id", "date")

_LINE = 78  # characters, the recommended length of a header line (RFC 5322, 2.1.1)

_MESSAGE_ID = re.compile(r"<[^<>\s]+@[^<>\s]+>")


@dataclass(frozen=True)
class ListHeading:
    """What a list's mail is given; `date` (aware) and `message_id` only if it has none itself."""

    list_id: str  # announce.lists.example.org
    list_name: str
    list_address: str
    author_address: str
    message_id: str  # <...@...>
    date: datetime

    def __post_init__(self) -> None:
        """Raises ValueError for what could not stand in a header line."""
        if not _MESSAGE_ID.fullmatch(self.message_id):
            raise ValueError("A Message-ID has the form <something@somewhere>.")
        for word in (self.list_id, self.list_address, self.author_address, self.message_id):
            if not word.isprintable() or " " in word:
                raise ValueError("A list's id or an address holds a space or a control character.")
        if self.date.utcoffset() is None:
            raise ValueError("The date needs a time zone.")
        wire_domain(self.list_id)


def as_sent(raw: bytes, heading: ListHeading) -> bytes:
    """The mail for every recipient, with CRLF, of what `notifications.authored.read` has accepted.

    The same input gives the same output: approvers are shown what is sent.
    """
    fields, body = take_apart(raw)
    kept = [field for field in fields if not _is_dropped(field)]
    added = "".join(f"{line}\r\n" for line in _added(kept, heading))
    lines = b"".join(field.lines for field in kept)
    return lines + added.encode() + b"\r\n" + body


def _is_dropped(field: Field) -> bool:
    name = field.name
    hollow = name in _FALLBACKS and not field.value
    return hollow or name in _DROPPED or name.startswith(_DROPPED_PREFIXES)


def _added(kept: list[Field], heading: ListHeading) -> Iterator[str]:
    present = {field.name for field in kept}
    if "date" not in present:
        yield f"Date: {format_datetime(heading.date)}"
    if "message-id" not in present:
        yield f"Message-ID: <{wire_address(heading.message_id[1:-1])}>"
    if not present & {"to", "cc"}:
        yield f"To: {wire_address(heading.list_address)}"
    if not _is_from(heading.author_address, kept):
        # RFC 5322 (3.6.2): who sent it, if not who wrote it.
        yield f"Sender: {wire_address(heading.author_address)}"
    yield _list_id(heading)
    yield f"List-Post: <mailto:{_in_uri(wire_address(heading.list_address))}>"
    yield "Precedence: list"  # keeps auto-replies away that know no Auto-Submitted (RFC 3834)


def _is_from(author: str, kept: list[Field]) -> bool:
    values = [field.value.decode("utf-8", "replace") for field in kept if field.name == "from"]
    written_by = [address.casefold() for value in values for address in mailboxes(value)]
    return written_by == [author.casefold()]


def _list_id(heading: ListHeading) -> str:
    """RFC 2919: a phrase and the id, folded where that makes lines too long."""
    name = " ".join(heading.list_name.split())
    identity = f"<{wire_domain(heading.list_id)}>"
    quoted = '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
    fits = len(quoted) < _LINE - len("List-Id: ")
    # Many programs decode an encoded word even where it stands in quotes.
    plain = fits and name.isascii() and name.isprintable() and "=?" not in name
    words = Header(name, "utf-8", header_name="List-Id")
    phrase = quoted if plain else words.encode(linesep="\r\n")
    if not name:
        return f"List-Id: {identity}"
    last_line = f"List-Id: {phrase}".rpartition("\r\n")[2]
    gap = " " if len(f"{last_line} {identity}") <= _LINE else "\r\n "
    return f"List-Id: {phrase}{gap}{identity}"


def _in_uri(address: str) -> str:
    # RFC 6068 leaves an address only these characters unescaped, besides letters, digits and -._~
    return quote(address, safe="!$'*+@")


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
