"""Refusals of Twilio: permanent, temporary, or until the operator has corrected something."""

import json
import logging
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


def refusal(account: TwilioAccount, to: str = GRACE, text: str = TEXT) -> NotDelivered:
    with pytest.raises(NotDelivered) as no:
        account.send(text, to=to)
    return no.value


def answering(monkeypatch: pytest.MonkeyPatch, status: int, body: str) -> None:
    """Twilio's library gets this answer, whatever it asks."""
    monkeypatch.setattr(TwilioHttpClient, "request", lambda *_, **__: Response(status, body))


def failing(monkeypatch: pytest.MonkeyPatch, failure: Exception) -> None:
    def fail(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr(TwilioHttpClient, "request", fail)


@pytest.mark.parametrize("digit", "12349")
def test_a_number_that_twilio_refuses_is_refused_permanently(
    account: TwilioAccount, digit: str
) -> None:
    no = refusal(account, to=f"+1500555000{digit}")

    assert no.permanent
    assert not no.uncertain
    assert not isinstance(no, Unavailable)


def test_a_person_who_sent_stop_has_opted_out(
    network: PhoneNetwork, account: TwilioAccount
) -> None:
    network.text(GRACE, "Stop")

    assert isinstance(refusal(account), OptedOut)
    assert account.send(TEXT, to=LINUS)
    network.text(GRACE, "start")
    assert account.send(TEXT, to=GRACE)


@pytest.mark.parametrize("digit", "178")
def test_a_wrong_sender_is_not_permanent(account: TwilioAccount, digit: str) -> None:
    no = refusal(replace(account, sender=f"+1500555000{digit}"))

    assert not no.permanent
    assert not no.uncertain


def test_a_wrong_service_or_callback_makes_twilio_unavailable(account: TwilioAccount) -> None:
    assert isinstance(refusal(replace(account, sender="MG" + "0" * 32)), Unavailable)
    assert isinstance(refusal(replace(account, status_callback="listgate")), Unavailable)


def test_wrong_credentials_make_twilio_unavailable(account: TwilioAccount) -> None:
    no = refusal(replace(account, auth_token="wrong"))

    assert isinstance(no, Unavailable)
    assert "TWILIO_AUTH_TOKEN" in str(no)
    assert isinstance(refusal(replace(account, account_sid="AC" + "0" * 32)), Unavailable)


def test_a_text_that_is_too_long_is_refused_permanently(account: TwilioAccount) -> None:
    assert refusal(account, text="a" * 1601).permanent


@pytest.mark.parametrize(("status", "code"), [(402, 20402), (403, 20003), (404, 20404)])
def test_an_account_in_trouble_makes_twilio_unavailable(
    network: PhoneNetwork, account: TwilioAccount, status: int, code: int
) -> None:
    network.fail(status=status, code=code)

    no = refusal(account)
    assert isinstance(no, Unavailable)
    assert not no.uncertain


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_server_error_of_twilio_is_temporary_and_uncertain(
    network: PhoneNetwork, account: TwilioAccount, status: int
) -> None:
    network.fail(status=status)

    no = refusal(account)
    assert isinstance(no, Unavailable)
    assert no.uncertain
    assert account.send(TEXT, to=GRACE)


def test_a_rate_limit_of_twilio_is_temporary(network: PhoneNetwork, account: TwilioAccount) -> None:
    network.fail(status=429, code=20429)

    no = refusal(account)
    assert (no.permanent, no.uncertain, isinstance(no, Unavailable)) == (False, False, False)


def test_an_unknown_refusal_is_permanent(network: PhoneNetwork, account: TwilioAccount) -> None:
    network.fail(status=400, code=29999)

    assert refusal(account).permanent


def test_a_network_that_is_down_leaves_no_uncertainty(
    network: PhoneNetwork, account: TwilioAccount
) -> None:
    network.stop()
    no = refusal(account)
    assert isinstance(no, Unavailable)
    assert not no.uncertain

    network.start()
    assert account.send(TEXT, to=GRACE)


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
def test_only_a_request_that_was_never_sent_is_certain(
    account: TwilioAccount, monkeypatch: pytest.MonkeyPatch, failure: Exception, uncertain: bool
) -> None:
    failing(monkeypatch, failure)

    no = refusal(account)
    assert isinstance(no, Unavailable)
    assert no.uncertain == uncertain


@pytest.mark.parametrize("body", ["", "{}", "[]", "null", "<html>Sign in</html>", '{"sid": null}'])
def test_an_answer_that_makes_no_sense_is_uncertain(
    account: TwilioAccount, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    answering(monkeypatch, 201, body)

    no = refusal(account)
    assert (no.permanent, no.uncertain) == (False, True)


def test_the_newer_form_of_errors_is_understood(
    account: TwilioAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = {"type": "https://…", "title": "Opted out", "status": 400, "code": 21610}
    answering(monkeypatch, 400, json.dumps(problem))

    assert isinstance(refusal(account), OptedOut)


def test_no_number_and_no_text_is_in_a_sentence_or_log(
    network: PhoneNetwork, account: TwilioAccount, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sentences = [str(refusal(account, to=f"+1500555000{digit}")) for digit in "12349"]
    network.lose_answer()
    sentences.append(str(refusal(account)))
    account.send(TEXT, to=GRACE, not_before=datetime.now(UTC))
    network.stop()
    sentences.append(str(refusal(account)))

    assert network.account.token not in repr(account)
    for secret in (GRACE[1:], "5005550", "482193", "Ada", network.account.token):
        assert secret not in caplog.text + " ".join(sentences)


def test_the_answer_of_twilio_is_stored(account: TwilioAccount) -> None:
    no = refusal(account, to="+15005550001")

    assert "21211" in no.answer
    assert "+15005550001" in no.answer
