"""Sign a webhook as Standard Webhooks 1.0 has it (https://www.standardwebhooks.com)."""

from base64 import b64decode, b64encode
from collections.abc import Sequence
from hmac import digest

PREFIX = "whsec_"


def secret_text(secret: bytes) -> str:
    """Return a secret as its receiver gets it."""
    return PREFIX + b64encode(secret).decode()


def signed_headers(
    secrets: Sequence[str], event_id: str, *, at: int, body: bytes
) -> dict[str, str]:
    """Return the three headers of a request: its id, its time in seconds, and its signatures."""
    signed = f"{event_id}.{at}.".encode() + body
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(signature(secret, signed) for secret in secrets),
    }


def signature(secret: str, signed: bytes) -> str:
    """Return a signature, with its version."""
    mac = digest(b64decode(secret.removeprefix(PREFIX)), signed, "sha256")
    return f"v1,{b64encode(mac).decode()}"
