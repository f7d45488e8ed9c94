"""Header fields of our letters: a text or a person, so that nothing else can be in them."""

import re
from email.header import Header
from email.policy import SMTP
from email.utils import quote

from notifications.mime.envelope import wire_address

# Header fields stay as we wrote them; by default Python would decode and fold them again.
HEADER_POLICY = SMTP.clone(refold_source="none")

# Characters: what is longer does not go into one header line.
LONGEST_PHRASE = 70

# What may stand before an address without quotation marks (RFC 5322, 3.2.3).
ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")


def mailbox(name: str, address: str) -> str:
    """A person as a header names them."""
    short = is_plain(name) and len(name) < LONGEST_PHRASE
    if short and ATOMS.fullmatch(name):
        phrase = name
    elif short:
        phrase = f'"{quote(name)}"'
    else:
        phrase = encoded(name, "To")
    return f"{phrase} <{wire_address(address)}>"


def worded(text: str, field: str) -> str:
    """A text as a header field holds it, in lines of at most 76 characters."""
    if not is_plain(text):
        return encoded(text, field)
    return Header(text, "us-ascii", header_name=field).encode()


def encoded(text: str, field: str) -> str:
    """A text in encoded words (RFC 2047)."""
    return Header(text, "utf-8", header_name=field).encode()


def is_plain(text: str) -> bool:
    """Whether a header field can hold the text as it is.

    What only looks like an encoded word is encoded itself: its reader would decode it, and there
    may be a line break in it.  A word that is longer than a line could not be folded.
    """
    longest = max(map(len, text.split()), default=0)
    return text.isascii() and "=?" not in text and longest < LONGEST_PHRASE
