"""A bounce says whether a mail was refused or delayed, and why."""

from pathlib import Path

import pytest

from notifications.automatic.bounces import Action, Bounce, read_bounce
from notifications.mime.mime_parts import FIELD_LIMIT, PARTS_LIMIT
from tests.notifications.replies.reply_tables import FOLDER, as_mail

BOUNCES = sorted((FOLDER / "bounces").glob("*.eml"))

PEOPLE = sorted((FOLDER / "automatic").glob("PERSON--*.eml"))

# A bounce (RFC 3464) with a place for more parts, and for more of a Content-Type field.
REPORT = """\
Content-Type: multipart/report; report-type=delivery-status; boundary=b

{parts}--b
Content-Type: message/delivery-status{parameters}

Reporting-MTA: dns; mail.example.org

Final-Recipient: rfc822; grace@example.org
Action: failed
Status: 5.1.1
--b--
"""


def expected_of(path: Path) -> Bounce | None:
    """Return the bounce that the file's name describes."""
    action, _, status = path.name.partition("--")[0].partition("-")
    return None if action == "NONE" else Bounce(Action(action), status)


def test_a_bounce_is_read_with_action_and_status() -> None:
    found = {path.name: read_bounce(path.read_bytes()) for path in BOUNCES}

    assert found == {path.name: expected_of(path) for path in BOUNCES}


@pytest.mark.parametrize(
    ("parts", "parameters", "expected"),
    [
        ("", "", Bounce(Action.FAILED, "5.1.1")),
        ("--b\n\nAnother part.\n" * PARTS_LIMIT, "", None),
        ("", f"; name={'x' * FIELD_LIMIT}", None),
    ],
    ids=["well-formed", "too many parts", "too long a field"],
)
def test_a_report_is_read_only_within_the_limits_of_a_mail(
    parts: str, parameters: str, expected: Bounce | None
) -> None:
    raw = REPORT.format(parts=parts, parameters=parameters).encode()

    assert read_bounce(raw) == expected


def test_a_report_that_cannot_be_decoded_says_nothing() -> None:
    raw = REPORT.format(parts="", parameters="\nContent-Transfer-Encoding: base64").encode()

    assert read_bounce(raw) is None


def test_a_part_that_cannot_be_decoded_does_not_hide_the_others() -> None:
    raw = (
        b"Subject: Undelivered Mail Returned to Sender\n"
        b"Content-Type: multipart/mixed; boundary=b\n\n"
        b"--b\nContent-Transfer-Encoding: base64\n\n!!!\n"
        b"--b\n\n550 5.1.1 User unknown\n--b--\n"
    )

    assert read_bounce(raw) == Bounce(Action.FAILED, "5.1.1")


def test_a_mail_from_a_person_is_no_bounce() -> None:
    assert [path.name for path in PEOPLE if read_bounce(path.read_bytes())] == []


def test_a_reply_that_quotes_a_bounce_is_not_a_bounce() -> None:
    raw = as_mail("ok\n\n> Undelivered Mail Returned to Sender\n> Status: 5.1.1\n")

    assert read_bounce(raw) is None


@pytest.mark.parametrize("path", BOUNCES, ids=lambda path: path.stem)
def test_a_truncated_bounce_is_read_as_far_as_it_goes(path: Path) -> None:
    raw = path.read_bytes()

    for end in range(0, len(raw), 97):
        found = read_bounce(raw[:end])
        assert found is None or found.action in Action


def test_only_a_failure_of_the_address_is_hard() -> None:
    for status, diagnostic, expected, is_hard in [
        ("5.1.1", "smtp; 550 5.1.1 User unknown", "5.1.1", True),
        ("5.1.2", "smtp; 550 Host unknown", "5.1.2", True),
        ("5.2.1", "smtp; 550 5.2.1 The account is disabled", "5.2.1", True),
        ("5.4.1", "smtp; 550 5.4.1 Recipient address rejected: Access denied", "5.4.1", True),
        ("5.5.0", "smtp; 550 5.5.0 mailbox unavailable", "5.5.0", True),
        ("5.0.0", "smtp; 550-5.1.1 The account does not exist", "5.1.1", True),
        ("5.0.0", "smtp; 554 no such user", "5.0.0", True),
        ("5.0.0", "smtp; 552 Quota exceeded", "5.2.2", False),
        ("5.0.0", "smtp; 552 5.2.2 Over quota", "5.2.2", False),
        ("5.2.2", "smtp; 552 5.2.2 Over quota", "5.2.2", False),
        ("5.2.3", "smtp; 552 5.2.3 Message too large", "5.2.3", False),
        ("5.1.8", "smtp; 553 5.1.8 Sender address rejected", "5.1.8", False),
        ("5.7.1", "smtp; 550 5.7.1 Message rejected as spam", "5.7.1", False),
        ("5.4.7", "smtp; 550 5.4.7 Delivery expired", "5.4.7", False),
        ("4.4.7", "smtp; 450 4.4.7 Queue time exceeded", "4.4.7", False),
    ]:
        raw = REPORT.format(parts="", parameters="").replace(
            "Status: 5.1.1", f"Status: {status}\nDiagnostic-Code: {diagnostic}"
        )

        found = read_bounce(raw.encode())

        assert found == Bounce(Action.FAILED, expected)
        assert found.is_hard is is_hard


def test_a_delay_is_never_hard() -> None:
    assert not Bounce(Action.DELAYED, "5.1.1").is_hard
