"""Redis beside the queues: what processes and other services share for a short time."""

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from settings import settings

# What each connection tells Redis of redis-py, whose version would be read from disk each time.
DRIVER = redis.DriverInfo()


def redis_at(url: str) -> redis.Redis:
    """Return a client with a timeout of 1 s and no retry.  Raises ValueError if `url` is wrong."""
    return redis.Redis.from_url(
        url,
        socket_timeout=1,
        socket_connect_timeout=1,
        retry=Retry(NoBackoff(), 0),
        driver_info=DRIVER,
    )


# Pages wait for its answers.
redis_client = redis_at(settings.redis_url.get_secret_value())
