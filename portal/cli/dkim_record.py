"""Compare the key that signs mail with the one that DNS has (RFC 6376, 3.6)."""

from enum import Enum, auto

import dkim
from dkim.crypto import UnparsableKeyError
from dns.exception import DNSException
from dns.resolver import NXDOMAIN, NoAnswer, resolve

from notifications.mime.dkim_signature import DkimSigner

TIMEOUT = 5  # seconds


class Record(Enum):
    """What DNS says about the key."""

    SAME = auto()
    OTHER = auto()
    ABSENT = auto()
    UNKNOWN = auto()  # DNS does not answer on this machine


def look_up(signer: DkimSigner) -> Record:
    """Return whether DNS has the signer's key."""
    try:
        found = resolve(f"{signer.record}.", "TXT", lifetime=TIMEOUT)
    except (NXDOMAIN, NoAnswer):
        return Record.ABSENT
    except (DNSException, OSError):
        return Record.UNKNOWN
    texts = [b"".join(each.strings) for each in found]
    same = any(modulus(each) == signer.modulus for each in texts)
    return Record.SAME if same else Record.OTHER


def modulus(record: bytes) -> int | None:
    """Return the modulus of the RSA key in a record, or None."""
    try:
        key, *_rest = dkim.evaluate_pk(b"", record)
        return int(key["modulus"])
    except (dkim.DKIMException, UnparsableKeyError, KeyError, TypeError, ValueError):
        return None
