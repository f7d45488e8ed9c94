"""What Twilio tells later of an SMS is understood, and nothing else is."""

import pytest

from notifications.sms.twilio import DeliveryReport

SID = "SM" + "0123456789abcdef" * 2


@pytest.mark.parametrize(
    ("status", "delivered", "failed"),
    [
        *((each, False, False) for each in ("queued", "accepted", "scheduled", "sending", "sent")),
        ("delivered", True, False),
        ("read", True, False),
        ("undelivered", False, True),
        ("failed", False, True),
        ("canceled", False, True),
        ("a word of next year", False, False),
    ],
)
def test_a_report_says_delivered_failed_or_neither(
    status: str, delivered: bool, failed: bool
) -> None:
    report = DeliveryReport.of({"MessageSid": SID, "MessageStatus": status})

    assert (report.delivered, report.failed) == (delivered, failed)


def test_a_stop_that_twilio_finds_out_late_is_known_from_the_report() -> None:
    fields = {"MessageSid": SID, "MessageStatus": "failed", "ErrorCode": "21610"}

    assert DeliveryReport.of(fields).opted_out
    assert not DeliveryReport.of({**fields, "ErrorCode": "30003"}).opted_out
    assert not DeliveryReport.of({**fields, "MessageStatus": "sent"}).opted_out


@pytest.mark.parametrize("code", ["30003", "30004", "30005", "30006", "30007", "30008", "", "x"])
def test_a_report_of_failure_has_a_sentence(code: str) -> None:
    report = DeliveryReport.of(
        {"MessageSid": SID, "MessageStatus": "undelivered", "ErrorCode": code}
    )

    assert report.sentence.endswith(".")


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"MessageSid": SID},
        {"MessageStatus": "sent"},
        {"MessageSid": "SM1", "MessageStatus": "sent"},
        {"MessageSid": SID + "\n", "MessageStatus": "sent"},
    ],
)
def test_what_is_no_report_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="no report"):
        DeliveryReport.of(fields)
