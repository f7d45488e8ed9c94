"""A short memory that all processes and services share: Redis, for what may be forgotten."""

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from settings import settings


def redis_at(url: str) -> redis.Redis:
    """A Redis for which somebody waits: a second, once.  Raises ValueError for what is no URL."""
    return redis.Redis.from_url(
        url, socket_timeout=1, socket_connect_timeout=1, retry=Retry(NoBackoff(), 0)
    )


# A page waits for its bell.
memory = redis_at(settings.redis_url.get_secret_value())
