"""Read signed text; no key is needed: opaque S/MIME, and PGP's inline form."""

import re
from typing import Final, NamedTuple

OPAQUE: Final = ("application/pkcs7-mime", "application/x-pkcs7-mime")

_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")  # the object identifier of RFC 5652 (5.1)
_SEQUENCE, _EXPLICIT, _OCTETS, _CONSTRUCTED_OCTETS = 0x30, 0xA0, 0x04, 0x24

# From ContentInfo down to the content: how many elements to pass by, and which one to enter.
_PATH: Final = ((0, _SEQUENCE), (1, _EXPLICIT), (0, _SEQUENCE), (2, _SEQUENCE), (1, _EXPLICIT))

_PGP = re.compile(
    r"^-----BEGIN PGP SIGNED MESSAGE-----\n(?:[\w-]+: [^\n]*\n)*+\n(?P<text>.*?)"
    r"(?:^-----BEGIN PGP SIGNATURE-----$.*?(?:^-----END PGP SIGNATURE-----$|\Z)|\Z)",
    re.MULTILINE | re.DOTALL,
)


class _Element(NamedTuple):
    tag: int
    start: int
    end: int | None  # None: an end mark follows the content (BER, as programs that stream write it)


def signed_content(data: bytes) -> bytes:
    """The MIME entity inside a SignedData (RFC 5652); raises ValueError for anything else."""
    try:
        return _content(data)
    except IndexError:
        raise ValueError("It breaks off.") from None


def without_pgp(text: str) -> str:
    """The text without the armour of inline PGP signatures (RFC 9580, 7)."""
    return _PGP.sub(lambda found: re.sub("^- ", "", found["text"], flags=re.MULTILINE), text)


def _content(data: bytes) -> bytes:
    if _SIGNED_DATA not in data[:20]:
        raise ValueError("It is not signed data.")
    position = 0
    for passed, tag in _PATH:
        for _ in range(passed):
            position = _behind(data, position)
        element = _element(data, position)
        if element.tag != tag:
            raise ValueError("It holds no content.")
        position = element.start
    element = _element(data, position)
    if element.tag == _OCTETS:
        return data[element.start : element.end]
    if element.tag != _CONSTRUCTED_OCTETS:
        raise ValueError("Its content is of another kind.")
    return b"".join(_pieces(data, element))


def _pieces(data: bytes, whole: _Element) -> list[bytes]:
    pieces, position = [], whole.start
    while whole.end is None or position < whole.end:
        piece = _element(data, position)
        if piece.tag != _OCTETS or piece.end is None:
            break  # the end mark
        pieces.append(data[piece.start : piece.end])
        position = piece.end
    return pieces


def _element(data: bytes, position: int) -> _Element:
    """The head of the element here; tags above 30 do not occur."""
    tag, length, start = data[position], data[position + 1], position + 2
    if length == 0x80:
        return _Element(tag, start, None)
    if length > 0x80:
        size = length - 0x80
        length = int.from_bytes(data[start : start + size])
        start += size
    return _Element(tag, start, start + length)


def _behind(data: bytes, position: int) -> int:
    """Return where the next element begins."""
    unfinished = 0
    while True:
        element = _element(data, position)
        is_end_mark = element.tag == 0 and element.end == element.start
        unfinished += (element.end is None) - is_end_mark
        position = element.start if element.end is None else element.end
        if unfinished <= 0:
            return position
