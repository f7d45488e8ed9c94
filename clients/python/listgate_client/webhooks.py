"""Verify that a webhook is from Listgate (https://www.standardwebhooks.com)."""

import time
from base64 import b64decode, b64encode
from collections.abc import Mapping
from hmac import compare_digest, digest

from listgate_client.event import Event

# Seconds; so that a webhook that was recorded cannot be sent again later.
TOLERANCE = 5 * 60


class WrongSignature(Exception):
    """The webhook is not from Listgate, or is too old."""


def verify_webhook(headers: Mapping[str, str], body: bytes, secret: str) -> Event:
    """Return the event of a webhook; raise WrongSignature.

    `body` is what was received, before anything has parsed it; `secret` begins with `whsec_`.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    event_id, sent_at, signatures = (
        lower.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature")
    )
    if not sent_at.isdecimal() or abs(time.time() - int(sent_at)) > TOLERANCE:
        raise WrongSignature("The webhook has no time, or is too old or of the future.")
    key = b64decode(secret.removeprefix("whsec_"))
    signed = f"{event_id}.{sent_at}.".encode() + body
    right = b"v1," + b64encode(digest(key, signed, "sha256"))
    # Several while a secret is replaced.
    if not any(compare_digest(each.encode(), right) for each in signatures.split()):
        raise WrongSignature("The signature of the webhook is wrong.")
    return Event.read(event_id, body)
