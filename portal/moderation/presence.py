"""Who else has a request open: kept in Redis while their page polls."""

import time

import redis

from workflows.redis_client import redis_client

# An open page polls every five seconds; after four misses it counts as closed.
PRESENCE_TTL = 20  # seconds


def note_presence(request_id: int, user_id: int) -> set[int]:
    """Save that the user views the request; return the ids of others who do, none without Redis."""
    key, now = f"listgate:presence:{request_id}", time.time()
    try:
        with redis_client.pipeline(transaction=False) as pipeline:
            pipeline.zadd(key, {str(user_id): now})
            pipeline.zremrangebyscore(key, "-inf", now - PRESENCE_TTL)
            pipeline.expire(key, PRESENCE_TTL)
            pipeline.zrange(key, 0, -1)
            *_, present = pipeline.execute()
    except redis.RedisError:
        return set()
    return {int(one) for one in present} - {user_id}
