"""A bounce says which letter did not arrive, and whether it was refused or delayed."""

from pathlib import Path

import pytest

from notifications.automatic.bounces import Action, Bounce, failed_recipient
from notifications.mime.mime_parts import FIELD_LIMIT, PARTS_LIMIT
from tests.notifications.replies.reply_tables import FOLDER, as_mail

BOUNCES = sorted((FOLDER / "bounces").glob("*.eml"))

PEOPLE = sorted((FOLDER / "automatic").glob("PERSON--*.eml"))

LETTER = "<notification.12@lists.example.org>"


# A bounce (RFC 3464) with a place for more parts, and for more of a Content-Type field.
REPORT = """\
Content-Type: multipart/report; report-type=delivery-status; boundary=b

{parts}--b
Content-Type: message/delivery-status{parameters}

Reporting-MTA: dns; mail.example.org

Final-Recipient: rfc822; grace@example.org
Action: failed
Status: 5.1.1
Original-Message-ID: <notification.12@lists.example.org>
--b--
"""


def expected_of(path: Path) -> Bounce | None:
    """Return the bounce that the file's name describes."""
    action, _, status = path.name.partition("--")[0].partition("-")
    letter = None if path.stem.endswith("-no-id") else LETTER
    return None if action == "NONE" else Bounce(Action(action), status, letter)


def test_a_bounce_is_read_with_action_status_and_letter() -> None:
    found = {path.name: failed_recipient(path.read_bytes()) for path in BOUNCES}

    assert found == {path.name: expected_of(path) for path in BOUNCES}


@pytest.mark.parametrize(
    ("parts", "parameters", "expected"),
    [
        ("", "", Bounce(Action.FAILED, "5.1.1", LETTER)),
        ("--b\n\nAnother part.\n" * PARTS_LIMIT, "", None),
        ("", f"; name={'x' * FIELD_LIMIT}", None),
    ],
    ids=["well-formed", "too many parts", "too long a field"],
)
def test_a_report_is_read_only_within_the_limits_of_a_mail(
    parts: str, parameters: str, expected: Bounce | None
) -> None:
    raw = REPORT.format(parts=parts, parameters=parameters).encode()

    assert failed_recipient(raw) == expected


def test_a_mail_from_a_person_is_no_bounce() -> None:
    assert [path.name for path in PEOPLE if failed_recipient(path.read_bytes())] == []


def test_a_reply_that_quotes_a_bounce_is_not_a_bounce() -> None:
    raw = as_mail("ok\n\n> Undelivered Mail Returned to Sender\n> Status: 5.1.1\n")

    assert failed_recipient(raw) is None


@pytest.mark.parametrize("path", BOUNCES, ids=lambda path: path.stem)
def test_a_truncated_bounce_is_read_as_far_as_it_goes(path: Path) -> None:
    raw = path.read_bytes()

    for end in range(0, len(raw), 97):
        found = failed_recipient(raw[:end])
        assert found is None or found.message_id in {None, LETTER}
