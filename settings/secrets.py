"""Secrets that anyone can know or guess: refused where people reach the portal over https."""

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
