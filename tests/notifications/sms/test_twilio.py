"""An SMS is sent once, by a real client, whatever happens to the answers."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response

from models import Invalid
from notifications.channel import NotDelivered
from notifications.sms.twilio import DeliveryReport, TwilioAccount, valid_number
from sandbox.phone import PhoneNetwork

GRACE, LINUS = "+33612345678", "+4915123456789"

TEXT = "Ada Lovelace to announce: 'General assembly'. Answer OK 482193 or NO 482193 reason"

SID = "SM" + "0123456789abcdef" * 2


def refusal(account: TwilioAccount) -> NotDelivered:
    with pytest.raises(NotDelivered) as no:
        account.send(TEXT, to=GRACE)
    return no.value


def answering(monkeypatch: pytest.MonkeyPatch, status: int, body: str) -> None:
    """Twilio's library gets this answer, whatever it asks."""
    monkeypatch.setattr(TwilioHttpClient, "request", lambda *_, **__: Response(status, body))


def test_an_sms_arrives_as_it_was_written(network: PhoneNetwork, account: TwilioAccount) -> None:
    sid = account.send(TEXT, to=GRACE)

    (sms,) = network.to(GRACE)
    assert (sms.sid, sms.body, sms.sender) == (sid, TEXT, network.account.number)
    assert sms.service is None


def test_a_messaging_service_chooses_the_sender(
    network: PhoneNetwork, account: TwilioAccount
) -> None:
    replace(account, sender=network.account.service).send(TEXT, to=GRACE)

    (sms,) = network.to(GRACE)
    assert (sms.service, sms.status) == (network.account.service, "accepted")


def test_an_sms_has_the_url_for_reports(network: PhoneNetwork, account: TwilioAccount) -> None:
    url = "https://listgate.example.org/webhooks/twilio/status"
    replace(account, status_callback=url).send(TEXT, to=GRACE)
    account.send(TEXT, to=LINUS)

    assert network.to(GRACE)[0].callback == url
    assert network.to(LINUS)[0].callback is None


@pytest.mark.parametrize("after", [0.0, 30.0])
def test_a_lost_answer_is_uncertain(
    network: PhoneNetwork, account: TwilioAccount, after: float
) -> None:
    network.lose_answer(after=after)

    began = time.monotonic()
    no = refusal(replace(account, timeout=2))

    assert no.uncertain
    assert not no.permanent
    assert time.monotonic() - began < 20
    assert len(network.to(GRACE)) == 1


def test_an_sms_whose_answer_was_lost_is_not_sent_again(
    network: PhoneNetwork, account: TwilioAccount
) -> None:
    account.send("Another text", to=GRACE)
    account.send(TEXT, to=LINUS)
    network.lose_answer()
    began = datetime.now(UTC)
    refusal(account)

    sid = account.send(TEXT, to=GRACE, not_before=began)

    assert [sms.sid for sms in network.to(GRACE) if sms.body == TEXT] == [sid]


def test_an_sms_that_was_lost_on_the_way_is_sent_again(
    network: PhoneNetwork, account: TwilioAccount
) -> None:
    network.fail()
    began = datetime.now(UTC)
    refusal(account)

    assert account.send(TEXT, to=GRACE, not_before=began) == network.to(GRACE)[0].sid


def test_an_sms_that_still_waits_at_twilio_is_found(
    network: PhoneNetwork, account: TwilioAccount
) -> None:
    sid = replace(account, sender=network.account.service).send(TEXT, to=GRACE)

    assert network.to(GRACE)[0].sent_at is None
    assert account.find(TEXT, to=GRACE, since=datetime.now(UTC)) == sid


def test_an_older_sms_with_the_same_text_is_another_one(account: TwilioAccount) -> None:
    account.send(TEXT, to=GRACE)

    assert account.find(TEXT, to=GRACE, since=datetime.now(UTC) + timedelta(minutes=5)) is None


def test_an_sms_that_has_failed_is_not_found(network: PhoneNetwork, account: TwilioAccount) -> None:
    began = datetime.now(UTC)
    network.report(account.send(TEXT, to=GRACE), "undelivered", code=30003)

    assert account.find(TEXT, to=GRACE, since=began) is None


@pytest.mark.parametrize(
    "stored",
    [
        "Sent from your Twilio trial account - “Hello” – René",  # noqa: RUF001
        '"Hello" - René',
        "“Hello” – René\n",  # noqa: RUF001
    ],
)
def test_an_sms_is_found_although_twilio_has_changed_its_text(
    account: TwilioAccount, stored: str
) -> None:
    sid = account.send(stored, to=GRACE)

    assert account.find("“Hello” – René", to=GRACE, since=datetime.now(UTC)) == sid  # noqa: RUF001


@pytest.mark.parametrize("status", [429, 401, 503])
def test_a_search_that_fails_is_uncertain(
    network: PhoneNetwork, account: TwilioAccount, status: int
) -> None:
    network.fail(status=status, code=0)

    with pytest.raises(NotDelivered) as no:
        account.send(TEXT, to=GRACE, not_before=datetime.now(UTC))

    assert (no.value.permanent, no.value.uncertain) == (False, True)
    assert network.messages == []


@pytest.mark.parametrize("body", ["", "{}", "[]", '{"messages": [7]}', "<html>Sign in</html>"])
def test_a_list_that_makes_no_sense_is_uncertain(
    account: TwilioAccount, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    answering(monkeypatch, 200, body)

    with pytest.raises(NotDelivered) as no:
        account.find(TEXT, to=GRACE, since=datetime.now(UTC))
    assert no.value.uncertain


def test_the_environment_does_not_redirect_us(
    account: TwilioAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TWILIO_EDGE", "TWILIO_REGION", "TWILIO_ACCOUNT_SID"):
        monkeypatch.setenv(name, "elsewhere")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")

    assert account.send(TEXT, to=GRACE)


def test_a_report_says_delivered_failed_or_neither() -> None:
    for status, delivered, failed in [
        *((each, False, False) for each in ("queued", "accepted", "scheduled", "sending", "sent")),
        ("delivered", True, False),
        ("read", True, False),
        ("undelivered", False, True),
        ("failed", False, True),
        ("canceled", False, True),
        ("a word of next year", False, False),
    ]:
        report = DeliveryReport.of({"MessageSid": SID, "MessageStatus": status})

        assert (report.delivered, report.failed) == (delivered, failed)


def test_a_late_stop_is_known_from_the_report() -> None:
    fields = {"MessageSid": SID, "MessageStatus": "failed", "ErrorCode": "21610"}

    assert DeliveryReport.of(fields).opted_out
    assert not DeliveryReport.of({**fields, "ErrorCode": "30003"}).opted_out
    assert not DeliveryReport.of({**fields, "MessageStatus": "sent"}).opted_out


def test_a_report_of_failure_has_a_sentence() -> None:
    for code in ["30003", "30004", "30005", "30006", "30007", "30008", "", "x"]:
        report = DeliveryReport.of(
            {"MessageSid": SID, "MessageStatus": "undelivered", "ErrorCode": code}
        )

        assert report.sentence.endswith(".")


def test_fields_that_are_no_report_are_refused(subtests: pytest.Subtests) -> None:
    for fields in [
        {},
        {"MessageSid": SID},
        {"MessageStatus": "sent"},
        {"MessageSid": "SM1", "MessageStatus": "sent"},
        {"MessageSid": SID + "\n", "MessageStatus": "sent"},
    ]:
        with subtests.test(fields=fields), pytest.raises(ValueError, match="no report"):
            DeliveryReport.of(fields)


def test_a_number_is_accepted_as_people_write_it() -> None:
    for typed, number in [
        ("+33612345678", GRACE),
        (" +33 6 12 34 56 78 ", GRACE),
        ("+33.6.12-34/56\u00a078", GRACE),
        ("+33 (0)6 12 34 56 78", GRACE),
        ("+49 151 23456789", LINUS),
        ("+15005550006", "+15005550006"),
    ]:
        assert valid_number(typed) == number


def test_a_number_that_no_phone_can_have_is_refused_without_repeating_it(
    subtests: pytest.Subtests,
) -> None:
    for typed in [
        "",
        "+",
        "06 12 34 56 77",
        "0033612345678",
        "33612345678",
        "+49",
        "+49 151",
        "+999 123",
        "+1 800 FLOWERS",
        "+33612345678 ext. 5",
        "++33612345678",
        "+33612345678\n+33612345679",
        "+٣٣٦١٢٣٤٥٦٧٨",
        "+336123456789999999999",
        "mailto:grace@example.org",
        "+33 9 99",
    ]:
        with subtests.test(typed=typed), pytest.raises(Invalid, match=r"number.*\.$") as no:
            valid_number(typed)

        assert typed in {"", "+"} or typed not in str(no.value)


@given(st.one_of(st.text(), st.from_regex(r"\+[0-9 ]{5,16}")))
def test_any_text_is_a_number_or_is_refused_with_a_sentence(typed: str) -> None:
    try:
        number = valid_number(typed)
    except Invalid as no:
        assert str(no).endswith(".")  # noqa: PT017 (either will do)
    else:
        assert valid_number(number) == number
