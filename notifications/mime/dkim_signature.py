"""Sign mails (DKIM, RFC 6376)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Self

import dkim
from dkim.crypto import UnparsableKeyError, parse_pem_private_key

from notifications.mime.envelope import wire_domain, with_crlf
from notifications.mime.header_lines import split_mail
from settings import Settings

# Fields that a reader sees or a program acts on; RFC 8058 (4) requires the two of unsubscribing.
SIGNED: Final = (
    *("from", "sender", "reply-to", "to", "cc", "subject", "date", "message-id"),
    *("in-reply-to", "references", "auto-submitted", "mime-version", "content-type"),
    *("content-transfer-encoding", "list-id", "list-post", "list-help", "list-owner"),
    *("list-unsubscribe", "list-unsubscribe-post", "feedback-id"),
)

# Signed once more than they occur: a second one, added on the way, makes the signature invalid.
OVERSIGNED: Final = ("from", "subject", "date", "to")

# Spaces and the folding of lines may change on the way.
_RELAXED: Final = (b"relaxed", b"relaxed")

# An RSA key with fewer bits counts as none (RFC 8301, 3.2).
LEAST_BITS: Final = 1024


@dataclass(frozen=True)
class DkimSigner:
    """Signs with one RSA key; a signature takes some milliseconds."""

    domain: str
    selector: str
    key: bytes = field(repr=False)  # PEM

    def __post_init__(self) -> None:
        """Raise ValueError, which does not quote the key, if it cannot sign."""
        if self.modulus.bit_length() < LEAST_BITS:
            raise ValueError(f"DKIM_KEY: needs at least {LEAST_BITS} bits.")

    @classmethod
    def from_settings(cls, settings: Settings) -> Self | None:
        """Return the signer of these settings, or None; raise ValueError for a bad key."""
        key = settings.dkim_key.get_secret_value()
        if not key:
            return None
        return cls(wire_domain(settings.dkim_domain), settings.dkim_selector, key.encode())

    @property
    def modulus(self) -> int:
        """The public part of the key, by which it is compared with the record in DNS."""
        try:
            return int(parse_pem_private_key(self.key)["modulus"])
        except (UnparsableKeyError, KeyError, ValueError, IndexError, TypeError):
            raise ValueError("DKIM_KEY: is not an RSA private key in PEM.") from None

    @property
    def record(self) -> str:
        """The name in DNS where the public key is."""
        return f"{self.selector}._domainkey.{self.domain}"

    def signed(self, mail: bytes) -> bytes:
        """Return the mail, with CRLF line ends, below its signature."""
        content = with_crlf(mail)
        signature = dkim.sign(
            content,
            self.selector.encode(),
            self.domain.encode(),
            self.key,
            canonicalize=_RELAXED,
            include_headers=[name.encode() for name in signed_fields(content)],
        )
        return bytes(signature) + content


def signed_fields(mail: bytes) -> Sequence[str]:
    """Return the names of the fields to sign, as often as they are signed."""
    present = [each.name for each in split_mail(mail).fields]
    return [each for each in present if each in SIGNED] + list(OVERSIGNED)
