"""Seal two row ids in a token that reveals nothing and cannot be guessed."""

import struct
from base64 import b32decode
from hmac import digest as hmac
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

UNSUBSCRIBE: Final = "unsubscribe"  # the purpose of a token of a list and a person

TOKEN_LENGTH: Final = 26  # base32 characters of one block

_PAIR: Final = struct.Struct(">QQ")
_PADDING: Final = "======"

# Base32, two digits at a time, because `b32encode` takes as long as all else that a copy needs.
_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz234567"
_DIGITS: Final = [first + second for first in _ALPHABET for second in _ALPHABET]
_FILL_BITS: Final = 2  # 26 digits have 130 bits
_SHIFTS: Final = range(120, -1, -10)


class SealedIds:
    """Encrypts a pair of ids as one block of AES-256.

    The block has 128 bits, and few of them are ids that exist: with 100 lists of a million members
    one guess in 2**101 names a subscription.  The same ids make the same token.
    """

    def __init__(self, secret: bytes, purpose: str) -> None:
        key = hmac(secret, f"sealed:{purpose}".encode(), "sha256")
        # One block has no pattern that ECB could show.
        cipher = Cipher(AES(key), ECB())  # noqa: S305
        self._encrypt, self._decrypt = cipher.encryptor().update, cipher.decryptor().update

    def seal(self, first: int, second: int) -> str:
        """Return the token of two ids: 26 of the characters a-z and 2-7."""
        block = int.from_bytes(self._encrypt(_PAIR.pack(first, second)), "big") << _FILL_BITS
        return "".join([_DIGITS[block >> shift & 1023] for shift in _SHIFTS])

    def open(self, token: str) -> tuple[int, int] | None:
        """Return the two numbers, which may be no ids; None for what is not a token.

        Mail servers may change the case of an address.
        """
        if len(token) != TOKEN_LENGTH or not token.isascii():
            return None
        try:
            block = b32decode(token.upper() + _PADDING)
        except ValueError:
            return None
        first, second = _PAIR.unpack(self._decrypt(block))
        return (first, second) if self.seal(first, second) == token.lower() else None
