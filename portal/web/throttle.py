"""Throttle guesses and letters: counted in Redis, or in this process while Redis is unavailable.

The rule: `PER_PERSON` and `LETTERS_PER_PERSON` count each known device of a person by itself, and
all unknown browsers together by the typed address.  So a stranger's guesses lock the address for
unknown browsers only; a person goes on where they have logged in before (`accounts.devices`).
`PER_ADDRESS` counts every client address, known devices included.
"""

import time
from hashlib import sha256

from flask import Flask, Response, current_app, g, request
from flask_limiter import Limiter, RequestLimit
from flask_limiter.util import get_remote_address

from models import Invalid
from models.addresses import typed_key
from settings import Settings

# Enough for someone who has forgotten which password it was; a thousand guesses take a day.
PER_PERSON = "10 per 15 minutes"
# Per IP address, which an office of hundreds may share.
PER_ADDRESS = "100 per 15 minutes"
# Each may be a letter that its recipient did not ask for.
LETTERS_PER_PERSON = "5 per hour"

limiter = Limiter(
    get_remote_address,
    strategy="fixed-window",
    # Without Redis, count in memory, and never lock anyone out because of an error.
    in_memory_fallback_enabled=True,
    swallow_errors=True,
)


def configure_throttle(app: Flask, settings: Settings) -> None:
    """Count in the Redis of these settings, with a timeout of one second."""
    app.config.update(
        RATELIMIT_STORAGE_URI=settings.redis_url.get_secret_value(),
        RATELIMIT_STORAGE_OPTIONS={"socket_timeout": 1, "socket_connect_timeout": 1},
        RATELIMIT_KEY_PREFIX="listgate-throttle",
    )
    limiter.init_app(app)


def account_key(address: str | None = None) -> str:
    """Return a hash of an address, by default the typed one, so that Redis holds no address.

    Every spelling by which `find_user` finds a person counts as one.
    """
    typed = request.form.get("address", "") if address is None else address
    try:
        key = typed_key(typed)
    except Invalid:  # no user has it
        key = typed
    return sha256(key.encode()).hexdigest()


def is_failed_attempt(response: Response) -> bool:
    """Whether a log-in failed: failures answer 4xx, success redirects."""
    return response.status_code >= 400


@limiter.shared_limit(
    lambda: f"{current_app.config['LISTGATE'].api_rate} per minute",
    scope="api",
    key_func=lambda: str(g.service_key_id),
    exempt_when=lambda: not current_app.config["LISTGATE"].api_rate,
)
def count_call() -> None:
    """Count a request with the service's key of `g.service_key_id`; raise RateLimitExceeded."""


@limiter.shared_limit(PER_ADDRESS, scope="api-tokens")
def count_wrong_token() -> None:
    """Count a wrong token by client address; raise RateLimitExceeded.

    A right token is never counted here: one service must not lock out others behind its proxy.
    """


def seconds_left(counted: RequestLimit) -> int:
    """Return in how many seconds a limit counts from zero again, at least one."""
    left = counted.reset_at - int(time.time())  # which rounds up
    return min(max(1, left), counted.limit.get_expiry())
