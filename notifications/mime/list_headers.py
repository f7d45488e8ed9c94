"""Make the mail that a list's recipients get: the author's body, under the list's header."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from urllib.parse import quote

from models import Message, marked
from notifications.mime.envelope import wire_address, wire_domain
from notifications.mime.header_lines import Field, mailboxes, split_mail

# The author's fields that are not passed on.
_DROPPED = frozenset(
    {
        "bcc",  # must not be disclosed
        "received",  # discloses where the author's computer is
        "return-path",
        "delivered-to",  # with the list's own address Postfix detects a loop
        "x-original-to",
        "errors-to",  # bounces go to the envelope sender
        "sender",
        "precedence",
        # Every recipient of the list would send a receipt.
        "return-receipt-to",
        "disposition-notification-to",
        "disposition-notification-options",
        "x-confirm-reading-to",
        # Valid only on the server that wrote it (RFC 8601, 5).
        "authentication-results",
    }
)

_DROPPED_PREFIXES = (
    "list-",  # RFC 2369 and RFC 2919: these fields are this list's
    "resent-",
    "x-listgate-",
    "arc-",  # signs authentication results, which are dropped
)

# DKIM-Signature stays.  The body and the fields that are usually signed are unchanged, so it is
# usually still valid, and DMARC needs it for an author of another domain.  If it signs the absence
# of a List-Id, for example, it is invalid, which counts as none (RFC 6376, 6.1).

# Fields that are added if the author's are missing or empty.
_FALLBACKS = ("to", "cc", "message-id", "date")

_LINE = 78  # characters, the recommended length of a header line (RFC 5322, 2.1.1)

_MESSAGE_ID = re.compile(r"<[^<>\s]+@[^<>\s]+>")


def outgoing(message: Message) -> bytes:
    """Return the mail that every recipient gets (RFC 5322, CRLF), and that approvers are shown."""
    mailing_list = message.mailing_list
    domain = wire_domain(mailing_list.address.rpartition("@")[2])
    return add_list_headers(
        message.raw,
        ListHeaders(
            list_id=f"{mailing_list.short_name}.{domain}",
            list_name=mailing_list.name,
            list_address=mailing_list.address,
            author_address=message.author.address,
            message_id=f"<message.{marked(message.id, message.mark)}@{domain}>",
            date=message.written_at,
        ),
    )


@dataclass(frozen=True)
class ListHeaders:
    """What is added to a mail; `date` (aware) and `message_id` only if it has none."""

    list_id: str  # announce.lists.example.org
    list_name: str
    list_address: str
    author_address: str
    message_id: str  # <...@...>
    date: datetime

    def __post_init__(self) -> None:
        """Raise ValueError for a value that does not fit into a header line."""
        if not _MESSAGE_ID.fullmatch(self.message_id):
            raise ValueError("A Message-ID has the form <something@somewhere>.")
        for word in (self.list_id, self.list_address, self.author_address, self.message_id):
            if not word.isprintable() or " " in word:
                raise ValueError(
                    "A list's id or an address contains a space or a control character."
                )
        if self.date.utcoffset() is None:
            raise ValueError("The date needs a time zone.")
        wire_domain(self.list_id)


def add_list_headers(raw: bytes, headers: ListHeaders) -> bytes:
    """Return the mail, which `notifications.mime.parse.read` has accepted, as the list sends it.

    The same input gives the same output, so that approvers are shown what is sent.
    """
    fields, body = split_mail(raw)
    kept = [field for field in fields if not _is_dropped(field)]
    added = "".join(f"{line}\r\n" for line in _added(kept, headers))
    lines = b"".join(field.lines for field in kept)
    return lines + added.encode() + b"\r\n" + body


def _is_dropped(field: Field) -> bool:
    name = field.name
    empty = name in _FALLBACKS and not field.value
    return empty or name in _DROPPED or name.startswith(_DROPPED_PREFIXES)


def _added(kept: list[Field], headers: ListHeaders) -> Iterator[str]:
    present = {field.name for field in kept}
    if "date" not in present:
        yield f"Date: {format_datetime(headers.date)}"
    if "message-id" not in present:
        yield f"Message-ID: <{wire_address(headers.message_id[1:-1])}>"
    if not present & {"to", "cc"}:
        yield f"To: {wire_address(headers.list_address)}"
    if not _is_from(headers.author_address, kept):
        # RFC 5322 (3.6.2): the person who sent it, if another one wrote it.
        yield f"Sender: {wire_address(headers.author_address)}"
    yield _list_id(headers)
    yield f"List-Post: <mailto:{_in_uri(wire_address(headers.list_address))}>"
    yield "Precedence: list"  # for out-of-office programs that ignore Auto-Submitted (RFC 3834)


def _is_from(author: str, kept: list[Field]) -> bool:
    values = [field.value.decode("utf-8", "replace") for field in kept if field.name == "from"]
    written_by = [address.casefold() for value in values for address in mailboxes(value)]
    return written_by == [author.casefold()]


def _list_id(headers: ListHeaders) -> str:
    """Return the field of RFC 2919: the name and the id, folded if the line is too long."""
    name = " ".join(headers.list_name.split())
    identity = f"<{wire_domain(headers.list_id)}>"
    quoted = '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
    fits = len(quoted) < _LINE - len("List-Id: ")
    # Many programs decode an encoded word even in a quoted string.
    plain = fits and name.isascii() and name.isprintable() and "=?" not in name
    words = Header(name, "utf-8", header_name="List-Id")
    phrase = quoted if plain else words.encode(linesep="\r\n")
    if not name:
        return f"List-Id: {identity}"
    last_line = f"List-Id: {phrase}".rpartition("\r\n")[2]
    gap = " " if len(f"{last_line} {identity}") <= _LINE else "\r\n "
    return f"List-Id: {phrase}{gap}{identity}"


def _in_uri(address: str) -> str:
    # RFC 6068 allows these characters unescaped in an address, besides letters, digits and -._~
    return quote(address, safe="!$'*+@")
