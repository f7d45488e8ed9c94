"""A mail with places that are filled in for each recipient."""

import re
from base64 import encodebytes
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Final, Protocol, Self

from notifications.mime.fields import Reader
from notifications.mime.sealed_ids import TOKEN_LENGTH

BASE64_LINE: Final = 57  # bytes of content in a line of 76 characters (RFC 2045, 6.8)


@dataclass(frozen=True)
class Base64Lines:
    """Lines of base64 around a token: their content before it and after it."""

    before: bytes
    after: bytes

    def filled(self, token: bytes) -> bytes:
        """Return the lines with this token."""
        return base64_lines(self.before + token + self.after)


Piece = bytes | Base64Lines


class Place(Protocol):
    """Where something is filled in for each recipient, besides the token."""

    def filled(self, reader: Reader) -> bytes:
        """Return what stands here, encoded."""


@dataclass(frozen=True)
class Template:
    """Pieces between which the token stands, by the places where it is not in base64.

    Personal fields are pieces of their own.
    """

    pieces: tuple[tuple[bytes, ...] | Base64Lines | Place, ...]
    is_personal: bool = False

    @classmethod
    def of(
        cls,
        pieces: Sequence[Piece],
        placeholder: bytes,
        places: Mapping[bytes, Place] = MappingProxyType({}),
    ) -> Self:
        """Return the template of a mail in pieces; `placeholder` stands where the token will.

        So does each key of `places` for what is filled in there.
        """
        return cls(tuple(_divided(pieces, placeholder, places)), is_personal=bool(places))

    @cached_property
    def has_places(self) -> bool:
        """Whether anything is filled in."""
        return any(not isinstance(piece, tuple) or len(piece) > 1 for piece in self.pieces)

    def filled(self, token: bytes, reader: Reader | None = None) -> bytes:
        """Return the mail with this token at every place, and the fields of the reader."""
        return b"".join([_filled(piece, token, reader) for piece in self.pieces])


def _filled(
    piece: tuple[bytes, ...] | Base64Lines | Place, token: bytes, reader: Reader | None
) -> bytes:
    if isinstance(piece, tuple):
        return token.join(piece)
    if isinstance(piece, Base64Lines):
        return piece.filled(token)
    assert reader is not None, "a message with personal fields has a reader"
    return piece.filled(reader)


def _divided(
    pieces: Sequence[Piece], placeholder: bytes, places: Mapping[bytes, Place]
) -> Iterator[tuple[bytes, ...] | Base64Lines | Place]:
    marks = re.compile(b"(" + b"|".join(places) + b")") if places else None
    for piece in pieces:
        if isinstance(piece, Base64Lines):
            yield piece
            continue
        for part in marks.split(piece) if marks else [piece]:
            yield places[part] if part in places else tuple(part.split(placeholder))


def base64_pieces(content: bytes, placeholder: bytes) -> list[Piece]:
    """Encode the content; only the lines with the placeholder are encoded for each token.

    A token is as long as the placeholder, so that the lines after it stay the same.
    """
    at = content.find(placeholder)
    if at < 0:
        return [base64_lines(content)]
    end = at + TOKEN_LENGTH
    first = at - at % BASE64_LINE
    last = min(end + -end % BASE64_LINE, len(content))
    around = Base64Lines(content[first:at], content[end:last])
    return [base64_lines(content[:first]), around, base64_lines(content[last:])]


def base64_lines(content: bytes) -> bytes:
    """Return the content in base64, in lines of 76 characters with CRLF."""
    return encodebytes(content).replace(b"\n", b"\r\n")
