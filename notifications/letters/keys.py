"""Derive the secrets of letters from a row's id: reply address, link and code."""

from base64 import b32encode
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import digest as hmac
from typing import Self

from settings import Settings

SECRET_LENGTH = 32  # bytes, as many as SHA-256 has

TOKEN_LENGTH = 26  # base32 characters: 130 bits
CODE_DIGITS = 6  # short enough to type; five wrong codes lock the phone number


@dataclass(frozen=True)
class Keys:
    """Derives each key from a row's id and the operator's secret.

    None is stored, and a letter that a crash has sent twice contains the same keys both times.
    """

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Raise ValueError if the secret is short enough to be guessed."""
        if len(self.secret) < SECRET_LENGTH:
            raise ValueError(f"SECRET_KEY needs at least {SECRET_LENGTH} characters.")

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Return the keys that SECRET_KEY makes; raise ValueError if it is too short."""
        return cls(settings.secret_key.get_secret_value().encode())

    def reply_token(self, approver_keys_id: int) -> str:
        """Return what follows the + in an approver's reply address."""
        return self._token("reply", approver_keys_id)

    def link_token(self, approver_keys_id: int) -> str:
        """Return the last part of the URL of an approver's decision page."""
        return self._token("link", approver_keys_id)

    def code(self, approver_keys_id: int) -> str:
        """Return the six digits that an approver's SMS has to contain."""
        number = int.from_bytes(self._hmac("code", approver_keys_id)[:8])
        return f"{number % 10**CODE_DIGITS:0{CODE_DIGITS}}"

    def mailed_token(self, link_id: int) -> str:
        """Return the last part of the URL of a log-in, a reset or an invitation."""
        return self._token("mailed", link_id)

    def service_token(self, key_id: int, salt: str) -> str:
        """Return the token of a service's key; its number makes it findable."""
        secret = b32encode(hmac(self.derived("services"), f"{key_id}:{salt}".encode(), "sha256"))
        return f"lgs_{key_id}_{secret.decode().lower().rstrip('=')}"

    def webhook_secret(self, endpoint_id: int, salt: str) -> bytes:
        """Return the secret with which an endpoint's events are signed."""
        return hmac(self.derived("webhooks"), f"{endpoint_id}:{salt}".encode(), "sha256")

    def derived(self, purpose: str) -> bytes:
        """Return the 32-byte key for a purpose that concerns no single row."""
        return hmac(self.secret, f"key:{purpose}".encode(), "sha256")

    def _token(self, purpose: str, row_id: int) -> str:
        return b32encode(self._hmac(purpose, row_id)).decode().lower()[:TOKEN_LENGTH]

    def _hmac(self, purpose: str, row_id: int) -> bytes:
        return hmac(self.secret, f"{purpose}:{row_id}".encode(), "sha256")


def hashed(token: str) -> str:
    """Return the form in which the database stores a token (SHA-256, hexadecimal)."""
    return sha256(token.encode()).hexdigest()
