"""What Twilio refuses is translated: for good, for now, or once somebody has mended it."""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import requests
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response

from notifications.channel import NotDelivered, Unavailable
from notifications.sms.twilio import OptedOut, TwilioAccount
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


def refusal(phone: TwilioAccount, to: str = GRACE, text: str = TEXT) -> NotDelivered:
    with pytest.raises(NotDelivered) as no:
        phone.send(text, to=to)
    return no.value


def answering(monkeypatch: pytest.MonkeyPatch, status: int, body: str) -> None:
    """Twilio's library gets this answer, whatever it asks."""
    monkeypatch.setattr(TwilioHttpClient, "request", lambda *_, **__: Response(status, body))


def failing(monkeypatch: pytest.MonkeyPatch, failure: Exception) -> None:
    def fail(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr(TwilioHttpClient, "request", fail)


@pytest.mark.parametrize("digit", "12349")
def test_a_number_that_twilio_refuses_is_refused_for_good(phone: TwilioAccount, digit: str) -> None:
    no = refusal(phone, to=f"+1500555000{digit}")

    assert no.permanent
    assert not no.uncertain
    assert not isinstance(no, Unavailable)


def test_who_has_said_stop_is_known_as_such(network: PhoneNetwork, phone: TwilioAccount) -> None:
    network.text(GRACE, "Stop")

    assert isinstance(refusal(phone), OptedOut)
    assert phone.send(TEXT, to=LINUS)
    network.text(GRACE, "start")
    assert phone.send(TEXT, to=GRACE)


@pytest.mark.parametrize("digit", "178")
def test_a_wrong_sender_is_the_operators_to_mend(phone: TwilioAccount, digit: str) -> None:
    no = refusal(replace(phone, sender=f"+1500555000{digit}"))

    assert not no.permanent
    assert not no.uncertain


def test_a_wrong_service_or_callback_is_the_operators_to_mend(phone: TwilioAccount) -> None:
    assert isinstance(refusal(replace(phone, sender="MG" + "0" * 32)), Unavailable)
    assert isinstance(refusal(replace(phone, status_callback="listgate")), Unavailable)


def test_wrong_credentials_are_the_operators_to_mend(phone: TwilioAccount) -> None:
    no = refusal(replace(phone, auth_token="wrong"))

    assert isinstance(no, Unavailable)
    assert "TWILIO_AUTH_TOKEN" in str(no)
    assert isinstance(refusal(replace(phone, account_sid="AC" + "0" * 32)), Unavailable)


def test_a_text_that_is_too_long_is_refused_for_good(phone: TwilioAccount) -> None:
    assert refusal(phone, text="a" * 1601).permanent


@pytest.mark.parametrize(("status", "code"), [(402, 20402), (403, 20003), (404, 20404)])
def test_an_account_in_trouble_is_the_operators_to_mend(
    network: PhoneNetwork, phone: TwilioAccount, status: int, code: int
) -> None:
    network.fail(status=status, code=code)

    no = refusal(phone)
    assert isinstance(no, Unavailable)
    assert not no.uncertain


@pytest.mark.parametrize("status", [500, 502, 503])
def test_trouble_at_twilio_passes_but_may_have_swallowed_the_sms(
    network: PhoneNetwork, phone: TwilioAccount, status: int
) -> None:
    network.fail(status=status)

    no = refusal(phone)
    assert isinstance(no, Unavailable)
    assert no.uncertain
    assert phone.send(TEXT, to=GRACE)


def test_too_many_sms_at_once_are_too_many_for_the_moment(
    network: PhoneNetwork, phone: TwilioAccount
) -> None:
    network.fail(status=429, code=20429)

    no = refusal(phone)
    assert (no.permanent, no.uncertain, isinstance(no, Unavailable)) == (False, False, False)


def test_an_unknown_refusal_of_this_sms_is_for_good(
    network: PhoneNetwork, phone: TwilioAccount
) -> None:
    network.fail(status=400, code=29999)

    assert refusal(phone).permanent


def test_a_network_that_is_down_has_certainly_taken_nothing(
    network: PhoneNetwork, phone: TwilioAccount
) -> None:
    network.stop()
    no = refusal(phone)
    assert isinstance(no, Unavailable)
    assert not no.uncertain

    network.start()
    assert phone.send(TEXT, to=GRACE)


@pytest.mark.parametrize(
    ("failure", "uncertain"),
    [
        (requests.ConnectTimeout(), False),
        (requests.exceptions.ProxyError(), False),
        (requests.ReadTimeout(), True),
        (requests.ConnectionError(), True),
        (requests.exceptions.ChunkedEncodingError(), True),
    ],
)
def test_only_what_never_left_this_machine_is_certain(
    phone: TwilioAccount, monkeypatch: pytest.MonkeyPatch, failure: Exception, uncertain: bool
) -> None:
    failing(monkeypatch, failure)

    no = refusal(phone)
    assert isinstance(no, Unavailable)
    assert no.uncertain == uncertain


@pytest.mark.parametrize("body", ["", "{}", "[]", "null", "<html>Sign in</html>", '{"sid": null}'])
def test_an_answer_that_makes_no_sense_leaves_it_open(
    phone: TwilioAccount, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    answering(monkeypatch, 201, body)

    no = refusal(phone)
    assert (no.permanent, no.uncertain) == (False, True)


def test_twilios_newer_form_of_an_error_is_understood_too(
    phone: TwilioAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = {"type": "https://…", "title": "Opted out", "status": 400, "code": 21610}
    answering(monkeypatch, 400, json.dumps(problem))

    assert isinstance(refusal(phone), OptedOut)


def test_no_number_and_no_text_is_told_to_logs_and_pages(
    network: PhoneNetwork, phone: TwilioAccount, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    told = [str(refusal(phone, to=f"+1500555000{digit}")) for digit in "12349"]
    network.lose_answer()
    told.append(str(refusal(phone)))
    phone.send(TEXT, to=GRACE, not_before=datetime.now(UTC))
    network.stop()
    told.append(str(refusal(phone)))

    assert network.account.token not in repr(phone)
    for secret in (GRACE[1:], "5005550", "482193", "Ada", network.account.token):
        assert secret not in caplog.text + " ".join(told)


def test_what_twilio_said_is_kept_for_the_row(phone: TwilioAccount) -> None:
    no = refusal(phone, to="+15005550001")

    assert "21211" in no.answer
    assert "+15005550001" in no.answer
