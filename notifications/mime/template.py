"""A mail with places that are filled in for each recipient."""

from base64 import encodebytes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

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


@dataclass(frozen=True)
class Template:
    """Pieces between which the token stands, by the places where it is not in base64."""

    pieces: tuple[tuple[bytes, ...] | Base64Lines, ...]

    @classmethod
    def of(cls, pieces: Sequence[Piece], placeholder: bytes) -> Self:
        """Return the template of a mail in pieces; `placeholder` stands where the token will."""
        return cls(
            tuple(
                piece if isinstance(piece, Base64Lines) else tuple(piece.split(placeholder))
                for piece in pieces
            )
        )

    @property
    def has_places(self) -> bool:
        """Whether anything is filled in."""
        return any(isinstance(piece, Base64Lines) or len(piece) > 1 for piece in self.pieces)

    def filled(self, token: bytes) -> bytes:
        """Return the mail with this token at every place."""
        return b"".join(
            piece.filled(token) if isinstance(piece, Base64Lines) else token.join(piece)
            for piece in self.pieces
        )


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
