"""Write header fields that contain a text or a person, and nothing else."""

import re
from email.header import Header
from email.policy import SMTP
from email.utils import quote

from notifications.mime.envelope import wire_address

# Header fields stay as we wrote them; by default Python would decode and fold them again.
HEADER_POLICY = SMTP.clone(refold_source="none")

MAX_PHRASE = 70  # characters; a longer one does not fit into one header line

# A name that needs no quotation marks before an address (RFC 5322, 3.2.3).
ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")


def mailbox(name: str, address: str) -> str:
    """Return a name and an address as a header contains them."""
    short = is_plain(name) and len(name) < MAX_PHRASE
    if short and ATOMS.fullmatch(name):
        phrase = name
    elif short:
        phrase = f'"{quote(name)}"'
    else:
        phrase = encoded(name, "To")
    return f"{phrase} <{wire_address(address)}>"


def text_field(text: str, field: str) -> str:
    """Return the value of a header field, in lines of at most 76 characters."""
    if not is_plain(text):
        return encoded(text, field)
    return Header(text, "us-ascii", header_name=field).encode()


def encoded(text: str, field: str) -> str:
    """Return the text in encoded words (RFC 2047)."""
    return Header(text, "utf-8", header_name=field).encode()


def is_plain(text: str) -> bool:
    """Tell whether a header field can contain the text as it is.

    A text that looks like an encoded word is not plain: its reader would decode it, and it may hide
    a line break.  Nor is a word longer than a line, which could not be folded.
    """
    longest = max(map(len, text.split()), default=0)
    return text.isascii() and "=?" not in text and longest < MAX_PHRASE
