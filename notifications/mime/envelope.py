"""The form in which a letter travels by SMTP: its addresses, line ends and options."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import idna

from notifications.channel import NotDelivered

_ANY_LINE_END = re.compile(rb"\r\n|\r|\n")


@dataclass(frozen=True)
class Envelope:
    """One letter to one recipient, ready for SMTP; made by `around`."""

    content: bytes
    sender: str
    recipient: str

    @classmethod
    def around(cls, content: bytes, *, sender: str, recipient: str) -> Self:
        """Raises ValueError for no recipient or an address that could carry a second SMTP command,
        and NotDelivered for a domain that cannot exist.
        """
        if not recipient:
            raise ValueError("A letter needs a recipient; only the sender may be empty.")
        return cls(with_crlf(content), _addressed(sender), _addressed(recipient))

    def options(self, offered: Mapping[str, str]) -> str:
        """What follows the address in MAIL FROM, given the extensions that the server offers.

        Raises NotDelivered, for good, if the letter cannot travel through that server.
        """
        wanted = ""
        if "size" in offered:
            self._compare_size(offered["size"])
            wanted += f" SIZE={len(self.content)}"
        # A server that does not offer 8BITMIME is sent the eight bits all the same.  RFC 6152 would
        # have us rewrite the letter, which breaks signatures; servers that mind have died out.
        if "8bitmime" in offered and not self.content.isascii():
            wanted += " BODY=8BITMIME"
        if self._needs_utf8():
            if "smtputf8" not in offered:
                raise NotDelivered(_BEYOND_ASCII, permanent=True)
            wanted += " SMTPUTF8"
        return wanted

    def _compare_size(self, announced: str) -> None:
        """RFC 1870: octets with CRLF, before dots are doubled; 0 or nothing: no fixed limit."""
        size, limit = len(self.content), int(announced) if announced.isdecimal() else 0
        if 0 < limit < size:
            raise NotDelivered(
                f"The letter has {size:,} bytes; the mail server takes {limit:,} at most.",
                permanent=True,
            )

    def _needs_utf8(self) -> bool:
        header, _, _ = self.content.partition(b"\r\n\r\n")
        return not (self.sender.isascii() and self.recipient.isascii() and header.isascii())


_BEYOND_ASCII = (
    "An address or a header field has characters outside ASCII, "
    "and the mail server does not take such letters (it has no SMTPUTF8)."
)


def with_crlf(content: bytes) -> bytes:
    """Every line end as CRLF, a lone CR or LF too: where servers disagree, mail is smuggled."""
    ends = content.count(b"\r\n")
    if ends == content.count(b"\r") == content.count(b"\n"):
        return content
    return _ANY_LINE_END.sub(b"\r\n", content)


def with_dots(content: bytes) -> bytes:
    """The content with its dots doubled and its end marked (RFC 5321, 4.5.2)."""
    doubled = (b"\n" + content).replace(b"\n.", b"\n..")[1:]
    end = b".\r\n" if doubled.endswith(b"\r\n") or not doubled else b"\r\n.\r\n"
    return doubled + end


def wire_address(address: str) -> str:
    """The address with its domain in ASCII (an A-label, RFC 5890), which every server understands.

    It is used even where SMTPUTF8 is offered, as the next server on the way may not have it.
    Raises ValueError if that is no domain.
    """
    local_part, at, domain = address.rpartition("@")
    return local_part + at + wire_domain(domain)


def wire_domain(domain: str) -> str:
    return domain if domain.isascii() else idna.encode(domain, uts46=True).decode("ascii")


def _addressed(address: str) -> str:
    # CR and LF, which are not printable, would end the command; a bracket would end the address.
    if not address.isprintable() or "<" in address or ">" in address:
        raise ValueError("An address holds a line break, a control character or an angle bracket.")
    try:
        return wire_address(address)
    except ValueError:
        raise NotDelivered(
            "The domain of an address is not one that can exist.", permanent=True
        ) from None
