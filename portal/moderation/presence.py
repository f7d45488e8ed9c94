"""Who else has a request open: kept in Redis, for as long as their page goes on asking."""

import time

import redis

from workflows.redis_client import redis_client

# An open page asks every five seconds; three misses are a bad connection, four a closed page.
PATIENCE = 20  # seconds


def note_presence(request_id: int, user_id: int) -> set[int]:
    """Note that this person looks at the request; returns who else does, as far as Redis knows."""
    key, now = f"listgate:presence:{request_id}", time.time()
    try:
        with redis_client.pipeline(transaction=False) as pipeline:
            pipeline.zadd(key, {str(user_id): now})
            pipeline.zremrangebyscore(key, "-inf", now - PATIENCE)
            pipeline.expire(key, PATIENCE)
            pipeline.zrange(key, 0, -1)
            *_, present = pipeline.execute()
    except redis.RedisError:
        return set()
    return {int(one) for one in present} - {user_id}
