"""What people write back, in the quoting styles of their mail programs, is understood or not."""

from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import pytest

from models import Verdict
from notifications.replies.parse import NOT_UNDERSTOOD, Reply, read_reply
from notifications.replies.reply_body import READ_LIMIT, TEXT_LIMIT
from tests.notifications.replies.reply_tables import FOLDER, Row, as_mail, rows

PLAIN = [
    row
    for table in ("gmail", "apple", "outlook", "others", "phrases", "signatures")
    for row in rows(table)
]
HTML = rows("html")
MAILS = sorted((FOLDER / "mails").glob("*.eml"))


@pytest.mark.parametrize("row", PLAIN, ids=lambda row: row.name)
def test_a_text_is_understood_as_its_writer_meant_it(row: Row) -> None:
    assert read_reply(as_mail(row.body)) == row.expected


@pytest.mark.parametrize("row", HTML, ids=lambda row: row.name)
def test_html_is_understood_as_its_writer_meant_it(row: Row) -> None:
    assert read_reply(as_mail(row.body, subtype="html")) == row.expected


@pytest.mark.parametrize("path", MAILS, ids=lambda path: path.stem)
def test_a_mail_is_understood_whatever_its_mime(path: Path) -> None:
    raw = path.read_bytes()
    expected = {
        "approved": Reply(Verdict.APPROVED, _comment(raw)),
        "rejected": Reply(Verdict.REJECTED, _comment(raw)),
        "nothing": NOT_UNDERSTOOD,
    }

    assert read_reply(raw) == expected[path.stem.partition("-")[0]]


def test_a_text_that_is_too_long_for_an_answer_is_none() -> None:
    assert read_reply(as_mail("ok\n" + "x\n" * (TEXT_LIMIT // 2 - 2))).verdict
    assert read_reply(as_mail("ok\n" + "x\n" * TEXT_LIMIT)) == NOT_UNDERSTOOD


def test_a_text_is_not_looked_for_behind_the_largest_attachments() -> None:
    text = EmailMessage()
    text.set_content("ok\n")

    for size, verdict in ((10_000, Verdict.APPROVED), (READ_LIMIT, None)):
        mail = EmailMessage()
        mail.add_attachment(b"x" * size, maintype="image", subtype="png")
        mail.attach(text)
        assert read_reply(mail.as_bytes()).verdict == verdict


def test_html_that_is_too_long_does_no_harm_to_the_text() -> None:
    mail = EmailMessage()
    mail.set_content("ok\n")
    mail.add_alternative("<p>x</p>\n" * (TEXT_LIMIT // 8), subtype="html")

    assert read_reply(mail.as_bytes()).verdict is Verdict.APPROVED


def test_a_text_of_nothing_that_is_seen_is_blank() -> None:
    mail = EmailMessage()
    mail.set_content("\u200b\n\ufeff \u00a0\n")
    mail.add_alternative("<p>no</p>", subtype="html")

    assert read_reply(mail.as_bytes()).verdict is Verdict.REJECTED


def test_the_comment_of_what_is_not_understood_is_empty() -> None:
    assert read_reply(as_mail("okay\n\nGrace")) == Reply(None, "")


def _comment(raw: bytes) -> str:
    """What the mail itself says, for these tests, that its comment is."""
    told = BytesParser().parsebytes(raw, headersonly=True)["X-Expected-Comment"] or ""
    return told.encode().decode("unicode_escape")
