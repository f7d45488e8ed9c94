"""The client accepts what Standard Webhooks accepts, and reads the stream of a service."""

import json
import time
from base64 import b64encode
from datetime import UTC, datetime
from hmac import digest

import pytest
from redis import Redis

from listgate_client import Event, WrongSignature, read_events, verify_webhook
from settings import settings

BODY = json.dumps(
    {"type": "message.sent", "timestamp": "2027-02-01T10:00:00+00:00", "data": {"sent": 3}}
).encode()
EVENT = Event("evt_1", "message.sent", datetime(2027, 2, 1, 10, tzinfo=UTC), {"sent": 3})
KEY = b"a key of at least 24 bytes"
SECRET = f"whsec_{b64encode(KEY).decode()}"


def signed(*, key: bytes = KEY, age: int = 0, body: bytes = BODY) -> dict[str, str]:
    """Return the headers of a webhook."""
    at = int(time.time()) - age
    signature = b64encode(digest(key, f"evt_1.{at}.".encode() + body, "sha256")).decode()
    return {
        "Webhook-Id": "evt_1",
        "Webhook-Timestamp": str(at),
        "Webhook-Signature": f"v1a,ed25519 v1,{signature}",
    }


def test_a_signed_webhook_is_read() -> None:
    assert verify_webhook(signed(), BODY, SECRET) == EVENT


def test_a_webhook_that_differs_from_what_was_signed_is_refused() -> None:
    changed: list[dict[str, str]] = [
        {"Webhook-Id": "evt_2"},
        {"Webhook-Timestamp": "now"},
        {"Webhook-Timestamp": str(int(time.time()) + 60)},
        {"Webhook-Signature": "v1,"},
        {"Webhook-Signature": "v1,é"},
        signed(key=b"another key"),
        signed(body=BODY + b" "),
    ]
    for headers in [{}, *(signed() | each for each in changed)]:
        with pytest.raises(WrongSignature):
            verify_webhook(headers, BODY, SECRET)


@pytest.mark.parametrize("age", [600, -600])
def test_a_webhook_that_was_signed_long_ago_is_refused(age: int) -> None:
    with pytest.raises(WrongSignature):
        verify_webhook(signed(age=age), BODY, SECRET)


@pytest.mark.parametrize("protocol", [2, 3])
def test_events_are_read_in_order_and_from_a_position_on(protocol: int) -> None:
    stream = "listgate:events:reader"
    with Redis.from_url(settings.redis_url.get_secret_value(), protocol=protocol) as redis:
        redis.delete(stream)
        for number in range(150):  # more than are read at once
            redis.xadd(stream, {"id": f"evt_{number}", "event": BODY})

        read = list(read_events(redis, "reader", wait=0.01))
        rest = list(read_events(redis, "reader", after=read[147][0], wait=0.01))

    assert [event.id for _, event in read] == [f"evt_{number}" for number in range(150)]
    assert rest == read[148:]
    assert read[0][1].data == EVENT.data
