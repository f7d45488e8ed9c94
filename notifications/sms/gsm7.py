"""How much room a text takes in SMS, and how to write it so that it takes less.

The alphabet is that of 3GPP TS 23.038 (6.2.1); an SMS has 140 bytes, of which a long text spends
six in each segment on putting the segments together again (3GPP TS 23.040, 9.2.3.24.1).
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

# What a reader takes for the same.  Twilio's "smart encoding" knows most of it too, but replaces
# only in some accounts, and after we have counted.
# https://www.twilio.com/docs/messaging/services/smart-encoding-char-list
# ruff: disable[RUF001]
_ALIKE = {
    **dict.fromkeys("‘’‚‛′‹›`´ʹʻʼʽˈˊˋ❛❜", "'"),
    **dict.fromkeys("“”„‟″«»ʺˮ❝❞〝〞", '"'),
    **dict.fromkeys("‐‑‒–—―−⁃•▪●", "-"),
    **dict.fromkeys("\x0b\x85\u2028\u2029", "\n"),
    **dict(zip("đĐðÐħĦıĸłŁŋŊŧŦ¢×÷·°¦⁄∕ẞ\t\u200b", "dDdDhHiklLnNtTcx/.o|//ß  ", strict=True)),
}
_SPELT_OUT = {"œ": "oe", "Œ": "OE", "þ": "th", "Þ": "Th", "©": "(c)", "®": "(R)"}
_SIGNS = {"→": "->", "←": "<-", "≤": "<=", "≥": ">=", "≠": "<>"}
# ruff: enable[RUF001]
_REPLACED = _ALIKE | _SPELT_OUT | _SIGNS

# Marks (accents, variation selectors, the frame of a keycap), emoji with their skin tones and
# joiners, and what has no shape at all: a text is as readable without them.
_DROPPED = {"Mn", "Me", "So", "Sk", "Cf", "Cc", "Cs"}


def is_gsm7(text: str) -> bool:
    """Whether the text needs seven bits for a character; one that does not makes all sixteen."""
    return GSM7.issuperset(text)


def septets(text: str) -> int:
    """The length of a GSM-7 text; what GSM-7 lacks is counted in UTF-16 units."""
    return sum(_size(character, gsm7=True) for character in text)


def segments(text: str) -> int:
    """The number of SMS that a text is charged as; 0 for an empty one."""
    gsm7 = is_gsm7(text)
    sizes = [_size(character, gsm7=gsm7) for character in text]
    if sum(sizes) <= SINGLE[gsm7]:
        return min(1, len(sizes))
    return _joined(sizes, room=JOINED[gsm7])


def plain(text: str) -> str:
    """The nearest GSM-7 text: what doubles the price is replaced, or dropped, or else is a "?"."""
    return "".join(map(_nearest, unicodedata.normalize("NFC", text)))


def shortened(text: str, limit: int) -> str:
    """The text, or as much of its beginning as fits into `limit` septets together with "..."."""
    if septets(text) <= limit:
        return text
    dots = "..."[: max(0, limit)]
    room = limit - len(dots)
    kept = 0
    for character in text:
        room -= _size(character, gsm7=True)
        if room < 0:
            break
        kept += 1
    return text[:kept].rstrip() + dots


def _size(character: str, *, gsm7: bool) -> int:
    if character in EXTENSION and gsm7:
        return 2
    return 1 if character <= "\uffff" else 2


def _joined(sizes: Iterable[int], *, room: int) -> int:
    """How many segments of `room` it takes; no character is divided between two of them."""
    count, left = 0, 0
    for size in sizes:
        if size > left:
            count, left = count + 1, room
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
