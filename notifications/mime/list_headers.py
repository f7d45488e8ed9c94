"""Write the header of a list's mail: the author's fields and the list's."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from urllib.parse import quote

from notifications.mime.envelope import wire_address, wire_domain
from notifications.mime.from_field import list_from
from notifications.mime.header_lines import Field, mailboxes, split_mail
from notifications.mime.mail_header import mailbox

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
        "feedback-id",
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

# DKIM-Signature stays if body and From do: it is usually still valid then, and DMARC needs it for
# an author of another domain.  If it signs the absence of a List-Id, for example, it is invalid,
# which counts as none (RFC 6376, 6.1).
_SIGNATURE = "dkim-signature"

# Fields that are added if the author's are missing or empty.
_FALLBACKS = ("to", "cc", "message-id", "reply-to")

# The fields that a signature covers: its h= tag (RFC 6376, 3.5).
_SIGNED_FIELDS = re.compile(r"(?:^|;)\s*h\s*=(?P<names>[^;]*)")

_LINE = 78  # characters, the recommended length of a header line (RFC 5322, 2.1.1)

_MESSAGE_ID = re.compile(r"<[^<>\s]+@[^<>\s]+>")


@dataclass(frozen=True)
class Unsubscribing:
    """How a recipient leaves the list: URLs (https, mailto), or none."""

    urls: tuple[str, ...] = ()
    one_click: bool = False  # a POST to the first one is enough (RFC 8058)


@dataclass(frozen=True)
class ListHeaders:
    """What is added to a mail; `message_id` only if it has none."""

    list_id: str  # announce.lists.example.org
    list_name: str
    list_address: str
    author_name: str
    author_address: str
    message_id: str  # <...@...>
    date: datetime  # aware
    owner_address: str
    help_url: str
    feedback_id: str  # three words with colons between them, and the sender's name
    unsubscribing: Unsubscribing
    from_list: bool = False  # From is the list, and Reply-To the author
    new_body: bool = False  # the body is no longer the one that the author has signed

    def __post_init__(self) -> None:
        """Raise ValueError for a value that does not fit into a header line."""
        if not _MESSAGE_ID.fullmatch(self.message_id):
            raise ValueError("A Message-ID has the form <something@somewhere>.")
        for word in self._words():
            if not word.isprintable() or " " in word:
                raise ValueError(
                    "A list's id, a URL or an address contains a space or a control character."
                )
        if self.date.utcoffset() is None:
            raise ValueError("The date needs a time zone.")
        wire_domain(self.list_id)

    def _words(self) -> Iterator[str]:
        yield from (self.list_id, self.list_address, self.author_address, self.message_id)
        yield from (self.owner_address, self.help_url, self.feedback_id, *self.unsubscribing.urls)


def add_list_headers(raw: bytes, headers: ListHeaders) -> bytes:
    """Return the mail, which `notifications.mime.parse.read` has accepted, as the list sends it.

    The same input gives the same output, so that approvers are shown what is sent.
    """
    fields, body = split_mail(raw)
    kept = [field for field in fields if not _is_dropped(field)]
    dated = _keep_date(kept, headers)
    written_by = next((field for field in kept if field.name == "from"), None)
    if headers.from_list or headers.new_body:
        kept = [field for field in kept if field.name != _SIGNATURE]
    if headers.from_list:
        kept = [field for field in kept if field.name != "from"]
    if not dated:
        kept = [field for field in kept if field.name != "date"]
    added = "".join(f"{line}\r\n" for line in _added(kept, headers, written_by))
    lines = b"".join(field.lines for field in kept)
    return lines + added.encode() + b"\r\n" + body


def _is_dropped(field: Field) -> bool:
    name = field.name
    empty = name in _FALLBACKS and not field.value
    return empty or name in _DROPPED or name.startswith(_DROPPED_PREFIXES)


def _keep_date(kept: list[Field], headers: ListHeaders) -> bool:
    """Whether the author's date stays: only below a signature that covers it and stays valid."""
    if headers.from_list or headers.new_body:
        return False
    signatures = (
        field.value.decode("utf-8", "replace") for field in kept if field.name == _SIGNATURE
    )
    covered = (
        found["names"].lower() for text in signatures if (found := _SIGNED_FIELDS.search(text))
    )
    return any("date" in map(str.strip, names.split(":")) for names in covered)


def _added(kept: list[Field], headers: ListHeaders, written_by: Field | None) -> Iterator[str]:
    present = {field.name for field in kept}
    if "message-id" not in present:
        yield f"Message-ID: <{wire_address(headers.message_id[1:-1])}>"
    if not present & {"to", "cc"}:
        yield f"To: {wire_address(headers.list_address)}"
    if headers.from_list and written_by is not None:
        if "reply-to" not in present:
            yield f"Reply-To:{written_by.lines.decode().partition(':')[2].rstrip()}"
        by = list_from(written_by, headers.author_name, list_name=headers.list_name)
        yield f"From: {mailbox(by, headers.list_address)}"
    elif not _is_from(headers.author_address, kept):
        # RFC 5322 (3.6.2): the person who sent it, if another one wrote it.
        yield f"Sender: {wire_address(headers.author_address)}"
    if "date" not in present:
        yield f"Date: {format_datetime(headers.date)}"
    yield from _list_fields(headers)


def _list_fields(headers: ListHeaders) -> Iterator[str]:
    """Yield the fields of RFC 2369, RFC 2919 and RFC 8058, and two that providers read."""
    yield _list_id(headers)
    yield f"List-Post: <mailto:{in_uri(wire_address(headers.list_address))}>"
    yield f"List-Help: <{headers.help_url}>"
    yield f"List-Owner: <mailto:{in_uri(wire_address(headers.owner_address))}>"
    if headers.unsubscribing.urls:
        urls = ",\r\n ".join(f"<{url}>" for url in headers.unsubscribing.urls)
        yield f"List-Unsubscribe: {urls}"
    if headers.unsubscribing.one_click:
        yield "List-Unsubscribe-Post: List-Unsubscribe=One-Click"
    yield f"Feedback-ID: {headers.feedback_id}"  # Gmail counts complaints by it
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


def in_uri(address: str) -> str:
    """Return the address as a mailto: URI has it."""
    # RFC 6068 allows these characters unescaped in an address, besides letters, digits and -._~
    return quote(address, safe="!$'*+@")
