"""The fake phone network behaves as Twilio does, and injects faults."""

import re
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from sandbox.phone import PhoneNetwork

GRACE, LINUS = "+33612345678", "+4915123456789"


@pytest.fixture
def phone() -> Iterator[PhoneNetwork]:
    with PhoneNetwork() as running:
        yield running


@pytest.fixture
def client(phone: PhoneNetwork) -> Client:
    client = Client(phone.account.sid, phone.account.token, environment={"PATH": ""})
    client.api.base_url = phone.url
    client.http_client.session.trust_env = False
    yield client
    client.http_client.session.close()


def send(phone: PhoneNetwork, client: Client, to: str = GRACE, body: str = "Hello") -> str:
    return str(client.messages.create(to=to, from_=phone.account.number, body=body).sid)


def code_of(client: Client, **fields: str) -> int:
    with pytest.raises(TwilioRestException) as no:
        client.messages.create(**fields)
    assert no.value.status in {400, 401, 404}
    return int(no.value.code)


def test_a_message_sid_looks_like_twilios(phone: PhoneNetwork, client: Client) -> None:
    assert re.fullmatch("SM[0-9a-f]{32}", send(phone, client))


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ("+15005550001", 21211),
        ("+15005550002", 21612),
        ("+15005550003", 21408),
        ("+15005550004", 21610),
        ("+15005550009", 21614),
        ("0612345678", 21211),
        ("Grace", 21211),
    ],
)
def test_magic_and_wrong_recipients_get_their_codes(
    phone: PhoneNetwork, client: Client, to: str, code: int
) -> None:
    assert code_of(client, to=to, from_=phone.account.number, body="Hello") == code


@pytest.mark.parametrize(
    ("sender", "code"),
    [
        ("+15005550001", 21212),
        ("+15005550007", 21606),
        ("+15005550008", 21611),
        (LINUS, 21606),
    ],
)
def test_magic_and_foreign_senders_get_their_codes(client: Client, sender: str, code: int) -> None:
    assert code_of(client, to=GRACE, from_=sender, body="Hello") == code


def test_missing_and_too_long_fields_are_named(phone: PhoneNetwork, client: Client) -> None:
    ours = phone.account.number

    assert code_of(client, to="", from_=ours, body="Hello") == 21604
    assert code_of(client, to=GRACE, body="Hello") == 21603
    assert code_of(client, to=GRACE, from_=ours, body="") == 21602
    assert code_of(client, to=GRACE, from_=ours, body="a" * 1601) == 21617
    assert code_of(client, to=GRACE, messaging_service_sid="MG" + "0" * 32, body="a") == 21701
    assert phone.messages == []


def test_wrong_credentials_are_refused(phone: PhoneNetwork, client: Client) -> None:
    client.auth = (phone.account.sid, "wrong")

    assert code_of(client, to=GRACE, from_=phone.account.number, body="Hello") == 20003


def test_messages_are_listed_newest_first_and_page_by_page(
    phone: PhoneNetwork, client: Client
) -> None:
    sids = [send(phone, client, body=str(number)) for number in range(5)]
    send(phone, client, to=LINUS)

    found = client.messages.list(to=GRACE, page_size=2)

    assert [message.sid for message in found] == sids[::-1]
    assert [message.body for message in found] == ["4", "3", "2", "1", "0"]
    assert client.messages.list(from_=LINUS) == []


def test_messages_are_found_by_the_time_they_were_sent(phone: PhoneNetwork, client: Client) -> None:
    sid = send(phone, client)
    phone.settle()
    an_hour, now = timedelta(hours=1), datetime.now(UTC)

    assert [m.sid for m in client.messages.list(date_sent_after=now - an_hour)] == [sid]
    assert [m.sid for m in client.messages.list(date_sent_before=now + an_hour)] == [sid]
    assert [m.sid for m in client.messages.list(date_sent=now)] == [sid]
    assert client.messages.list(date_sent_after=now + an_hour) == []


def test_a_waiting_sms_has_no_date(phone: PhoneNetwork, client: Client) -> None:
    phone.automatic = False
    message = client.messages(send(phone, client)).fetch()

    assert (message.status, message.date_sent) == ("queued", None)
    assert client.messages.list(date_sent_after=datetime(2020, 1, 1, tzinfo=UTC)) == []
    assert len(client.messages.list(to=GRACE)) == 1


def test_it_can_be_slow_and_stopping_ends_that(phone: PhoneNetwork, client: Client) -> None:
    phone.be_slow(0.2)
    began = time.monotonic()
    send(phone, client)
    assert time.monotonic() - began >= 0.2

    phone.be_slow(60)
    waiting = threading.Thread(target=pytest.raises, args=(Exception, send, phone, client))
    waiting.start()
    time.sleep(0.1)  # by now it waits for the answer
    phone.stop()
    waiting.join(30)
    assert not waiting.is_alive()


def test_forgetting_deletes_sms_and_faults(phone: PhoneNetwork, client: Client) -> None:
    phone.text(GRACE, "STOP")
    phone.fail(times=3)
    phone.lose_answer()
    phone.be_slow(60)
    phone.unreachable(GRACE)
    phone.forget()

    sid = send(phone, client)
    phone.settle()
    assert [(sms.sid, sms.status) for sms in phone.messages] == [(sid, "delivered")]


def test_a_stop_keeps_port_and_messages(phone: PhoneNetwork, client: Client) -> None:
    send(phone, client)
    url = phone.url
    phone.stop()
    phone.stop()
    phone.start()

    assert phone.url == url
    assert len(phone.messages) == 1


def test_many_senders_at_once_lose_nothing(phone: PhoneNetwork, client: Client) -> None:
    senders = [threading.Thread(target=send, args=(phone, client)) for _ in range(20)]
    for each in senders:
        each.start()
    for each in senders:
        each.join()
    phone.settle()

    assert len({sms.sid for sms in phone.messages}) == 20
    assert {sms.status for sms in phone.messages} == {"delivered"}
