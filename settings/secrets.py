"""Secrets: which are read from a file, and which are refused because anyone can guess them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

# Characters.  32 random ones, even in hexadecimal, have fewer different ones once in 28 million.
MIN_DIFFERENT = 8

# From our documentation, tests, benchmarks and sandbox, which everyone can read.
KNOWN_SECRETS = frozenset(
    {
        "a benchmark has no secrets, but the key has a length",
        "a secret for tests, of at least 32 characters",
        "no-secret-is-drawn-into-any-page-of-ours",
        "sandbox-auth-token",
    }
)


def is_weak(secret: str) -> bool:
    """Whether it is publicly known, has few different characters, or repeats a part of itself."""
    # A text is found inside its double, without both ends, only if it is a repetition.
    repeats = secret in (secret + secret)[1:-1]
    return secret in KNOWN_SECRETS or len(set(secret)) < MIN_DIFFERENT or repeats


class SecretFileError(Exception):
    """A setting that ends with _FILE cannot be used; the text says why."""


def from_files(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the secrets whose files the environment names: SECRET_KEY_FILE for SECRET_KEY.

    Raise SecretFileError for a file that cannot be read, or a secret that is given twice.
    """
    found = {}
    for field in SECRETS:
        name = field.upper()
        if not (path := environ.get(f"{name}_FILE")):
            continue
        if environ.get(name):
            raise SecretFileError(f"{name}: is given twice, also as {name}_FILE")
        try:
            found[field] = Path(path).read_text().strip()
        except (OSError, UnicodeDecodeError) as failure:
            reason = getattr(failure, "strerror", None) or "is not text"
            raise SecretFileError(f"{name}_FILE: {path}: {reason}") from None
    return found


# The settings that can be read from a file.
SECRETS = (
    *("database_url", "redis_url", "smtp_url", "secret_key", "twilio_auth_token"),
    "dkim_key",
)
