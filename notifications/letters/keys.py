"""What opens a door for one approver and one request: reply address, link and code."""

from base64 import b32encode
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import digest as hmac
from typing import Self

from settings import Settings

SECRET_LENGTH = 32  # bytes: as many as the hash has

TOKEN_LENGTH = 26  # base32 characters: 130 bits, which nobody guesses
CODE_DIGITS = 6  # what one types on a telephone; five wrong ones lock the number


@dataclass(frozen=True)
class Keys:
    """Makes keys from a row's id and the operator's secret, always the same ones.

    So none of them is stored, and a letter that a crash had sent twice says the same both times.
    """

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Raises ValueError for a secret that could be guessed."""
        if len(self.secret) < SECRET_LENGTH:
            raise ValueError(f"SECRET_KEY needs at least {SECRET_LENGTH} characters.")

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Return the keys made from SECRET_KEY; raise ValueError if it is too short."""
        return cls(settings.secret_key.get_secret_value().encode())

    def reply_token(self, invitation_id: int) -> str:
        """What stands behind the + of the reply address."""
        return self._token("reply", invitation_id)

    def link_token(self, invitation_id: int) -> str:
        """What ends the address of the decision page."""
        return self._token("link", invitation_id)

    def code(self, invitation_id: int) -> str:
        """The six digits that an SMS answers with."""
        number = int.from_bytes(self._made("code", invitation_id)[:8])
        return f"{number % 10**CODE_DIGITS:0{CODE_DIGITS}}"

    def mailed_token(self, link_id: int) -> str:
        """What ends the address of a log-in's, a reset's or an invitation's page."""
        return self._token("mailed", link_id)

    def derived(self, purpose: str) -> bytes:
        """A key for a purpose that is about no single row: 32 bytes."""
        return hmac(self.secret, f"key:{purpose}".encode(), "sha256")

    def _token(self, purpose: str, invitation_id: int) -> str:
        return b32encode(self._made(purpose, invitation_id)).decode().lower()[:TOKEN_LENGTH]

    def _made(self, purpose: str, invitation_id: int) -> bytes:
        return hmac(self.secret, f"{purpose}:{invitation_id}".encode(), "sha256")


def hashed(token: str) -> str:
    """What the database keeps of a token (SHA-256, hexadecimal)."""
    return sha256(token.encode()).hexdigest()
