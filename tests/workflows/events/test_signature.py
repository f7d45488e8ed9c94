"""Signatures are those of Standard Webhooks 1.0."""

from hypothesis import given
from hypothesis import strategies as st

from tests.letter_context import KEYS
from tests.workflows.events.receiver import Received, verified
from workflows.events.signature import secret_text, signed_headers

# The example of the reference implementations (github.com/standard-webhooks/standard-webhooks).
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
EXAMPLE = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}


def test_the_example_of_the_specification_is_signed_as_it_shows() -> None:
    body = b'{"test": 2432232314}'

    assert signed_headers([SECRET], EXAMPLE["webhook-id"], at=1614265330, body=body) == EXAMPLE
    assert verified(SECRET, Received("/", EXAMPLE, body))


@given(body=st.binary(), at=st.integers(0, 2**40), number=st.integers(1, 2**63 - 1))
def test_a_receiver_believes_what_was_signed_and_nothing_else(
    body: bytes, at: int, number: int
) -> None:
    secret = secret_text(KEYS.webhook_secret(number, "salt"))
    headers = signed_headers([secret], f"evt_{number}", at=at, body=body)

    assert verified(secret, Received("/", headers, body))
    later = headers | {"webhook-timestamp": str(at + 1)}
    other = secret_text(KEYS.webhook_secret(number, "another"))
    assert not verified(secret, Received("/", headers, body + b" "))
    assert not verified(secret, Received("/", later, body))
    assert not verified(other, Received("/", headers, body))
