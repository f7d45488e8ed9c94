"""A mailbox with an open connection, and a phone network with its account."""

from collections.abc import Iterator

import pytest

from notifications.sms.twilio import TwilioAccount
from notifications.smtp.connection import Connection
from sandbox.mailbox import Mailbox
from sandbox.phone import PhoneNetwork
from tests.letter_context import a_twilio_account
from tests.notifications.smtp.sending import connected


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as running:
        yield running


@pytest.fixture
def connection(mailbox: Mailbox) -> Iterator[Connection]:
    with connected(mailbox.url) as open_one:
        yield open_one


@pytest.fixture
def network() -> Iterator[PhoneNetwork]:
    with PhoneNetwork(automatic=False) as running:
        yield running


@pytest.fixture
def account(network: PhoneNetwork) -> TwilioAccount:
    return a_twilio_account(network)
