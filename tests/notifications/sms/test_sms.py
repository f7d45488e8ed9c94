"""An SMS is sent once, through a real client, whatever the network does to the answers."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response

from notifications.channel import NotDelivered
from notifications.sms.twilio import TwilioAccount
from sandbox.phone import PhoneNetwork

GRACE, LINUS = "+33612345678", "+4915123456789"
TEXT = "Ada Lovelace to announce: 'General assembly'. Answer OK 482193 or NO 482193 reason"
SID = "SM" + "0123456789abcdef" * 2


@pytest.fixture
def network() -> Iterator[PhoneNetwork]:
    with PhoneNetwork(automatic=False) as running:
        yield running


@pytest.fixture
def phone(network: PhoneNetwork) -> TwilioAccount:
    return TwilioAccount(
        account_sid=network.account.sid,
        auth_token=network.account.token,
        sender=network.account.number,
        url=network.url,
        timeout=5,
    )


def refusal(phone: TwilioAccount) -> NotDelivered:
    with pytest.raises(NotDelivered) as no:
        phone.send(TEXT, to=GRACE)
    return no.value


def answering(monkeypatch: pytest.MonkeyPatch, status: int, body: str) -> None:
    """Twilio's library gets this answer, whatever it asks."""
    monkeypatch.setattr(TwilioHttpClient, "request", lambda *_, **__: Response(status, body))


def test_an_sms_arrives_as_it_was_written(network: PhoneNetwork, phone: TwilioAccount) -> None:
    sid = phone.send(TEXT, to=GRACE)

    (sms,) = network.to(GRACE)
    assert (sms.sid, sms.body, sms.sender) == (sid, TEXT, network.account.number)
    assert sms.service is None


def test_a_messaging_service_chooses_the_sender(
    network: PhoneNetwork, phone: TwilioAccount
) -> None:
    replace(phone, sender=network.account.service).send(TEXT, to=GRACE)

    (sms,) = network.to(GRACE)
    assert (sms.service, sms.status) == (network.account.service, "accepted")


def test_twilio_is_told_where_to_report(network: PhoneNetwork, phone: TwilioAccount) -> None:
    url = "https://listgate.example.org/webhooks/twilio/status"
    replace(phone, status_callback=url).send(TEXT, to=GRACE)
    phone.send(TEXT, to=LINUS)

    assert network.to(GRACE)[0].callback == url
    assert network.to(LINUS)[0].callback is None


@pytest.mark.parametrize("after", [0.0, 30.0])
def test_a_lost_answer_leaves_it_open_whether_it_was_taken(
    network: PhoneNetwork, phone: TwilioAccount, after: float
) -> None:
    network.lose_answer(after=after)

    began = time.monotonic()
    no = refusal(replace(phone, timeout=2))

    assert no.uncertain
    assert not no.permanent
    assert time.monotonic() - began < 20
    assert len(network.to(GRACE)) == 1


def test_an_sms_whose_answer_was_lost_is_not_sent_again(
    network: PhoneNetwork, phone: TwilioAccount
) -> None:
    phone.send("Another text", to=GRACE)
    phone.send(TEXT, to=LINUS)
    network.lose_answer()
    began = datetime.now(UTC)
    refusal(phone)

    sid = phone.send(TEXT, to=GRACE, not_before=began)

    assert [sms.sid for sms in network.to(GRACE) if sms.body == TEXT] == [sid]


def test_an_sms_that_was_lost_on_the_way_is_sent_again(
    network: PhoneNetwork, phone: TwilioAccount
) -> None:
    network.fail()
    began = datetime.now(UTC)
    refusal(phone)

    assert phone.send(TEXT, to=GRACE, not_before=began) == network.to(GRACE)[0].sid


def test_one_that_still_waits_at_twilio_is_found(
    network: PhoneNetwork, phone: TwilioAccount
) -> None:
    sid = replace(phone, sender=network.account.service).send(TEXT, to=GRACE)

    assert network.to(GRACE)[0].sent_at is None
    assert phone.find(TEXT, to=GRACE, since=datetime.now(UTC)) == sid


def test_an_older_sms_with_the_same_text_is_another_one(phone: TwilioAccount) -> None:
    phone.send(TEXT, to=GRACE)

    assert phone.find(TEXT, to=GRACE, since=datetime.now(UTC) + timedelta(minutes=5)) is None


def test_an_sms_that_has_failed_is_no_reason_not_to_send_it(
    network: PhoneNetwork, phone: TwilioAccount
) -> None:
    began = datetime.now(UTC)
    network.report(phone.send(TEXT, to=GRACE), "undelivered", code=30003)

    assert phone.find(TEXT, to=GRACE, since=began) is None


@pytest.mark.parametrize(
    "stored",
    [
        "Sent from your Twilio trial account - “Hello” – René",  # noqa: RUF001
        '"Hello" - René',
        "“Hello” – René\n",  # noqa: RUF001
    ],
)
def test_an_sms_is_known_although_twilio_has_touched_its_text(
    phone: TwilioAccount, stored: str
) -> None:
    sid = phone.send(stored, to=GRACE)

    assert phone.find("“Hello” – René", to=GRACE, since=datetime.now(UTC)) == sid  # noqa: RUF001


@pytest.mark.parametrize("status", [429, 401, 503])
def test_a_search_that_fails_leaves_everything_open(
    network: PhoneNetwork, phone: TwilioAccount, status: int
) -> None:
    network.fail(status=status, code=0)

    with pytest.raises(NotDelivered) as no:
        phone.send(TEXT, to=GRACE, not_before=datetime.now(UTC))

    assert (no.value.permanent, no.value.uncertain) == (False, True)
    assert network.messages == []


@pytest.mark.parametrize("body", ["", "{}", "[]", '{"messages": [7]}', "<html>Sign in</html>"])
def test_a_list_that_makes_no_sense_leaves_it_open(
    phone: TwilioAccount, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    answering(monkeypatch, 200, body)

    with pytest.raises(NotDelivered) as no:
        phone.find(TEXT, to=GRACE, since=datetime.now(UTC))
    assert no.value.uncertain


def test_the_environment_does_not_redirect_us(
    phone: TwilioAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TWILIO_EDGE", "TWILIO_REGION", "TWILIO_ACCOUNT_SID"):
        monkeypatch.setenv(name, "elsewhere")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")

    assert phone.send(TEXT, to=GRACE)
