"""Read the events of a service from its stream in Redis, and print them."""

import os

from redis import Redis

from listgate_client import read_events

with Redis.from_url(os.environ["LISTGATE_BROKER"]) as redis:
    for position, event in read_events(redis, os.environ["LISTGATE_SERVICE"], wait=1):
        print(position, event.type, event.data, flush=True)
