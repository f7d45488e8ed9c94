"""Slow down whoever guesses: counted in Redis, and in this process while Redis is away."""

from hashlib import sha256

from flask import Flask, Response, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from settings import Settings

# A person who has forgotten which password it was tries a few; a thousand guesses take a day.
PER_PERSON = "10 per 15 minutes"
# An office of hundreds may share one address.
PER_ADDRESS = "100 per 15 minutes"
# Each is a letter to somebody who may not have asked for it.
LETTERS_PER_PERSON = "5 per hour"

limiter = Limiter(
    get_remote_address,
    strategy="fixed-window",
    # Redis away: guesses are counted in memory, and nobody is kept out.
    in_memory_fallback_enabled=True,
    swallow_errors=True,
)


def slow_down(app: Flask, settings: Settings) -> None:
    """Count in this Redis; one that does not answer within a second is not waited for."""
    app.config.update(
        RATELIMIT_STORAGE_URI=settings.redis_url.get_secret_value(),
        RATELIMIT_STORAGE_OPTIONS={"socket_timeout": 1, "socket_connect_timeout": 1},
        RATELIMIT_KEY_PREFIX="listgate-throttle",
    )
    limiter.init_app(app)


def person_meant() -> str:
    """Whom a guess is about; no address stands in Redis."""
    return sha256(request.form.get("address", "").strip().lower().encode()).hexdigest()


def in_vain(response: Response) -> bool:
    """Whether it was a wrong guess: a right one leads on."""
    return response.status_code >= 400
