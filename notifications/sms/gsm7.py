"""Count the segments of an SMS, and write a text so that it takes fewer.

The alphabet is that of 3GPP TS 23.038 (6.2.1); an SMS has 140 bytes, of which each segment of a
long text uses six for joining the segments (3GPP TS 23.040, 9.2.3.24.1).
"""

import unicodedata
from collections.abc import Iterable

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("\f^{}\\[~]|€")  # an escape character comes before each
GSM7 = BASIC | EXTENSION

SINGLE = {True: 160, False: 70}  # characters in 140 bytes: of seven bits, or of sixteen
JOINED = {True: 153, False: 67}  # the same in 134 bytes

# Characters that look the same to a reader.  Twilio's "smart encoding" replaces most of them too,
# but only in some accounts, and after we have counted.
# https://www.twilio.com/docs/messaging/services/smart-encoding-char-list
# ruff: disable[RUF001]
_LOOKALIKES = {
    **dict.fromkeys("‘’‚‛′‹›`´ʹʻʼʽˈˊˋ❛❜", "'"),
    **dict.fromkeys("“”„‟″«»ʺˮ❝❞〝〞", '"'),
    **dict.fromkeys("‐‑‒–—―−⁃•▪●", "-"),
    **dict.fromkeys("\x0b\x85\u2028\u2029", "\n"),
    **dict(zip("đĐðÐħĦıĸłŁŋŊŧŦ¢×÷·°¦⁄∕ẞ\t\u200b", "dDdDhHiklLnNtTcx/.o|//ß  ", strict=True)),
}
_LETTER_PAIRS = {"œ": "oe", "Œ": "OE", "þ": "th", "Þ": "Th", "©": "(c)", "®": "(R)"}
_SIGNS = {"→": "->", "←": "<-", "≤": "<=", "≥": ">=", "≠": "<>"}
# ruff: enable[RUF001]
_REPLACED = _LOOKALIKES | _LETTER_PAIRS | _SIGNS

# Unicode categories that are left out: marks (accents, variation selectors, the frame of a
# keycap), emoji with their skin tones and joiners, and invisible characters.
_DROPPED = {"Mn", "Me", "So", "Sk", "Cf", "Cc", "Cs"}


def is_gsm7(text: str) -> bool:
    """Tell whether every character has seven bits; a single other one makes all of them sixteen."""
    return GSM7.issuperset(text)


def septets(text: str) -> int:
    """Return the length of a text in GSM-7; other characters are counted in UTF-16 units."""
    return sum(_size(character, gsm7=True) for character in text)


def segments(text: str) -> int:
    """Return the number of SMS that a text is charged as; 0 for an empty one."""
    gsm7 = is_gsm7(text)
    sizes = [_size(character, gsm7=gsm7) for character in text]
    if sum(sizes) <= SINGLE[gsm7]:
        return min(1, len(sizes))
    return _count_joined(sizes, size_of_segment=JOINED[gsm7])


def plain(text: str) -> str:
    """Return the nearest GSM-7 text: other characters are replaced, left out, or become "?"."""
    return "".join(map(_nearest, unicodedata.normalize("NFC", text)))


def shortened(text: str, limit: int) -> str:
    """Return the text, cut so that it fits with "..." into `limit` septets."""
    if septets(text) <= limit:
        return text
    dots = "..."[: max(0, limit)]
    left = limit - len(dots)
    length = 0
    for character in text:
        left -= _size(character, gsm7=True)
        if left < 0:
            break
        length += 1
    return text[:length].rstrip() + dots


def _size(character: str, *, gsm7: bool) -> int:
    if character in EXTENSION and gsm7:
        return 2
    return 1 if character <= "\uffff" else 2


def _count_joined(sizes: Iterable[int], *, size_of_segment: int) -> int:
    """Count the segments; no character is divided between two of them."""
    count, left = 0, 0
    for size in sizes:
        if size > left:
            count, left = count + 1, size_of_segment
        left -= size
    return count


def _nearest(character: str) -> str:
    if character in GSM7:
        return character
    if character in _REPLACED:
        return _REPLACED[character]
    parts = unicodedata.normalize("NFKD", character)
    if parts != character:
        return "".join(map(_nearest, parts))
    return "" if unicodedata.category(character) in _DROPPED else "?"
