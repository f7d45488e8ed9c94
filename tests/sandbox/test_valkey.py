"""The sandbox's Valkey is configured as in production, and survives crashes."""

import random
import socket

import pytest
import redis
from sqlalchemy import make_url

from sandbox.valkey import NO_RETRY, PORTS, Valkey
from tests.sandbox.machine import MACHINE


def test_it_is_configured_as_in_production(valkey: Valkey) -> None:
    with redis.Redis.from_url(valkey.url, decode_responses=True) as client:
        settings = client.config_get()

    expected = {
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
    }
    assert expected.items() <= settings.items()


def test_it_requires_a_password(valkey: Valkey) -> None:
    anonymous = redis.Redis(port=make_url(valkey.url).port or 0, retry=NO_RETRY)

    with anonymous, pytest.raises(redis.AuthenticationError):
        anonymous.ping()


def test_a_killed_valkey_restarts_with_what_was_acknowledged(valkey: Valkey) -> None:
    url = valkey.url
    with redis.Redis.from_url(url) as client:
        client.rpush("list", *range(100))
    valkey.kill()

    assert valkey.pid is None
    client = redis.Redis.from_url(url, retry=NO_RETRY)
    with client, pytest.raises(redis.ConnectionError):
        client.ping()
    valkey.start()
    assert valkey.url == url
    with redis.Redis.from_url(url) as client:
        assert client.llen("list") == 100


def test_a_port_in_use_is_skipped() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        # Other programs may use some of the others.
        taken, others = other.getsockname()[1], random.sample(PORTS, 5)
        with Valkey(MACHINE, ports=[taken, *others]) as valkey:
            assert make_url(valkey.url).port in others
            with redis.Redis.from_url(valkey.url) as client:
                assert client.ping()
