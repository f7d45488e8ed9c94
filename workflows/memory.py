"""A short memory that all processes and services share: Redis, for what may be forgotten."""

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from settings import settings

# A page waits for its bell: a Redis that does not answer within a second is not waited for.
memory = redis.Redis.from_url(
    settings.redis_url.get_secret_value(),
    socket_timeout=1,
    socket_connect_timeout=1,
    retry=Retry(NoBackoff(), 0),
)
