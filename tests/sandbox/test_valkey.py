"""A Valkey of our own is kept as in production, and survives what tests do to it."""

import random
import socket

import pytest
import redis
from sqlalchemy import make_url

from sandbox.valkey import NO_RETRY, PORTS, Valkey
from tests.sandbox.machine import MACHINE


def test_the_queue_is_kept_as_in_production(queue: Valkey) -> None:
    with redis.Redis.from_url(queue.url, decode_responses=True) as client:
        settings = client.config_get()

    expected = {
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
    }
    assert expected.items() <= settings.items()


def test_nobody_gives_orders_to_the_queue_without_its_password(queue: Valkey) -> None:
    stranger = redis.Redis(port=make_url(queue.url).port or 0, retry=NO_RETRY)

    with stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()


def test_a_killed_valkey_comes_back_with_what_was_acknowledged(queue: Valkey) -> None:
    url = queue.url
    with redis.Redis.from_url(url) as client:
        client.rpush("rung", *range(100))
    queue.kill()

    assert queue.pid is None
    client = redis.Redis.from_url(url, retry=NO_RETRY)
    with client, pytest.raises(redis.ConnectionError):
        client.ping()
    queue.start()
    assert queue.url == url
    with redis.Redis.from_url(url) as client:
        assert client.llen("rung") == 100


def test_a_taken_port_is_left_to_whoever_has_it() -> None:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        taken, free = stranger.getsockname()[1], random.choice(PORTS)  # noqa: S311 a port
        with Valkey(MACHINE, ports=[taken, free]) as queue:
            assert make_url(queue.url).port == free
            with redis.Redis.from_url(queue.url) as client:
                assert client.ping()
