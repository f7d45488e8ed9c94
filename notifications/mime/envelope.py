"""Prepare a letter for SMTP: its addresses, line ends and options."""

import re
from collections.abc import Mapping
from typing import NamedTuple, Self

import idna

from notifications.channel import NotDelivered

_ANY_LINE_END = re.compile(rb"\r\n|\r|\n")


class Envelope(NamedTuple):
    """One letter, ready for SMTP; create it with `around`, which has one recipient."""

    content: bytes
    sender: str
    recipients: tuple[str, ...]

    @classmethod
    def around(cls, content: bytes, *, sender: str, recipient: str) -> Self:
        """Return the envelope of a letter.

        Raise ValueError if there is no recipient or an address could contain a second SMTP command,
        and NotDelivered for an impossible domain.
        """
        if not recipient:
            raise ValueError("A letter needs a recipient; only the sender may be empty.")
        return cls(with_crlf(content), addressed(sender), (addressed(recipient),))

    def options(self, offered: Mapping[str, str]) -> str:
        """Return what follows the address in MAIL FROM; `offered` are the server's extensions.

        Raise NotDelivered, permanent, if that server cannot take the letter.
        """
        options = ""
        if "size" in offered:
            self._compare_size(offered["size"])
            options += f" SIZE={len(self.content)}"
        # A server that does not offer 8BITMIME is sent eight bits nevertheless.  RFC 6152 asks to
        # rewrite the letter, which breaks signatures; no server in use rejects eight bits.
        if "8bitmime" in offered and not self.content.isascii():
            options += " BODY=8BITMIME"
        if self._needs_utf8():
            if "smtputf8" not in offered:
                raise NotDelivered(_BEYOND_ASCII, permanent=True)
            options += " SMTPUTF8"
        return options

    def _compare_size(self, announced: str) -> None:
        """Raise NotDelivered for a letter above the limit of RFC 1870.

        It counts octets with CRLF, before dots are doubled; 0 or nothing means no fixed limit.
        """
        size, limit = len(self.content), int(announced) if announced.isdecimal() else 0
        if 0 < limit < size:
            raise NotDelivered(
                f"The letter has {size:,} bytes; the mail server takes {limit:,} at most.",
                permanent=True,
            )

    def _needs_utf8(self) -> bool:
        if not all(map(str.isascii, (self.sender, *self.recipients))):
            return True
        if self.content.isascii():
            return False
        header, _, _ = self.content.partition(b"\r\n\r\n")
        return not header.isascii()


_BEYOND_ASCII = (
    "An address or a header field has characters outside ASCII, "
    "and the mail server does not take such letters (it has no SMTPUTF8)."
)


def with_crlf(content: bytes) -> bytes:
    """Return the content with CRLF for every line end, a lone CR or LF included.

    Servers disagree about lone ones, which allows SMTP smuggling.
    """
    ends = content.count(b"\r\n")
    if ends == content.count(b"\r") == content.count(b"\n"):
        return content
    return _ANY_LINE_END.sub(b"\r\n", content)


def with_dots(content: bytes) -> bytes:
    """Return the content with its dots doubled and its end marked (RFC 5321, 4.5.2)."""
    doubled = content.replace(b"\n.", b"\n..")
    if doubled.startswith(b"."):
        doubled = b"." + doubled
    end = b".\r\n" if doubled.endswith(b"\r\n") or not doubled else b"\r\n.\r\n"
    return doubled + end


def wire_address(address: str) -> str:
    """Return the address with its domain in ASCII (an A-label, RFC 5890).

    Every server understands that; even where one offers SMTPUTF8, the next may not.
    Raise ValueError if the domain is impossible.
    """
    if address.isascii():
        return address
    local_part, at, domain = address.rpartition("@")
    return local_part + at + wire_domain(domain)


def wire_domain(domain: str) -> str:
    return domain if domain.isascii() else idna.encode(domain, uts46=True).decode("ascii")


def addressed(address: str) -> str:
    """Return the address as MAIL and RCPT have it; raise as `Envelope.around` does."""
    # CR and LF, which are not printable, would end the command; a bracket would end the address.
    if not address.isprintable() or "<" in address or ">" in address:
        raise ValueError("An address holds a line break, a control character or an angle bracket.")
    try:
        return wire_address(address)
    except ValueError:
        raise NotDelivered(
            "The domain of an address is not one that can exist.", permanent=True
        ) from None
