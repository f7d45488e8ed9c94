"""The signed envelope of a task, by which Listgate knows which service calls."""

import json
from collections.abc import Mapping
from hashlib import sha256
from hmac import digest
from typing import Any

# The header of a task's message.
ENVELOPE = "X-Listgate-Service"


def sign(token: str, call: tuple[str, str, Mapping[str, Any]], *, at: int) -> str:
    """Return the envelope of a call: `KEY.TIME.SIGNATURE`, with the time in seconds since 1970.

    The signature is the HMAC-SHA-256, with the token as its key, of four lines: the task's name,
    its id, the time, and the SHA-256 of the arguments as JSON with sorted names and no blanks.
    """
    name, task_id, arguments = call
    text = json.dumps(arguments, sort_keys=True, separators=(",", ":"))
    lines = "\n".join((name, task_id, str(at), sha256(text.encode()).hexdigest()))
    return f"{token.split('_')[1]}.{at}.{digest(token.encode(), lines.encode(), 'sha256').hex()}"
