"""A complaint names the return path of the mail that a person does not want."""

from hypothesis import given
from hypothesis import strategies as st

from notifications.automatic.bounces import read_bounce
from notifications.automatic.complaints import Complaint, read_complaint
from notifications.mime.mime_parts import PARTS_LIMIT
from tests.notifications.mime.small_mails import a_bounce, a_complaint

COPY = "bounces+abc@lists.example.org"


def test_a_complaint_says_whether_the_mail_is_unwanted() -> None:
    for kind, is_unwanted in [
        ("abuse", True),
        ("Fraud", True),
        ("opt-out (by the user)", True),
        ("opt-out-list", True),
        ("not-spam", False),
        ("auth-failure", False),
        ("virus", False),
        ("", False),
    ]:
        found = read_complaint(a_complaint(COPY, kind=kind))

        assert found is not None
        assert found.is_unwanted is is_unwanted


def test_a_complaint_has_the_return_path_of_the_report_and_of_the_mail() -> None:
    raw = a_complaint(COPY).replace(b"Return-Path: <" + COPY.encode(), b"Return-Path: <b@x.example")

    assert read_complaint(raw) == Complaint("abuse", (COPY, "b@x.example"))


def test_a_redacted_complaint_has_no_return_path() -> None:
    raw = a_complaint(COPY).replace(COPY.encode(), b"redacted")

    assert read_complaint(raw) == Complaint("abuse", ())


def test_of_a_mail_that_cannot_be_decoded_only_the_report_counts() -> None:
    returned = b"message/rfc822\nContent-Transfer-Encoding: base64"
    raw = a_complaint(COPY).replace(b"message/rfc822", returned)

    assert read_complaint(raw) == Complaint("abuse", (COPY,))


def test_a_complaint_beyond_the_limits_of_a_mail_is_not_read() -> None:
    more = b"--b\n\nAnother part.\n" * PARTS_LIMIT
    raw = a_complaint(COPY).replace(b"--b\n", more + b"--b\n", 1)

    assert read_complaint(raw) is None


def test_a_complaint_is_no_bounce_and_a_bounce_is_no_complaint() -> None:
    assert read_bounce(a_complaint(COPY)) is None
    assert read_complaint(a_bounce()) is None


def test_a_person_who_quotes_a_complaint_does_not_complain() -> None:
    assert read_complaint(b"Subject: Re: x\n\nContent-Type: message/feedback-report\n") is None


@given(st.binary(max_size=300), st.integers(0, 700), st.integers(0, 700))
def test_no_bytes_raise(noise: bytes, start: int, end: int) -> None:
    for raw in (a_complaint(COPY), a_bounce()):
        damaged = raw[:start] + noise + raw[end:]
        assert read_complaint(damaged) is None or isinstance(read_complaint(damaged), Complaint)
        read_bounce(damaged)
