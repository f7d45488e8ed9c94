"""Replies, in the quoting styles of mail programs, are understood or not."""

from email.message import EmailMessage
from email.parser import BytesParser

import pytest

from models import Verdict
from notifications.replies.parse import (
    APPROVAL_LIMIT,
    READ_LIMIT,
    TEXT_LIMIT,
    Why,
    read_reply,
    reply_in,
)
from tests.notifications.replies.reply_tables import FOLDER, Row, Said, as_mail, rows, said

PLAIN = [
    row
    for table in ("gmail", "apple", "outlook", "others", "phrases", "signatures")
    for row in rows(table)
]
HTML = rows("html")
MAILS = sorted((FOLDER / "mails").glob("*.eml"))


@pytest.mark.parametrize(("table", "subtype"), [(PLAIN, "plain"), (HTML, "html")])
def test_a_text_is_understood_as_its_writer_meant_it(table: list[Row], subtype: str) -> None:
    readings = {row.name: said(read_reply(as_mail(row.body, subtype=subtype))) for row in table}

    assert readings == {row.name: row.expected for row in table}
    assert len(readings) == len(table)


def test_a_mail_is_understood_whatever_its_mime() -> None:
    for path in MAILS:
        raw = path.read_bytes()
        expected = {
            "approved": Said(Verdict.APPROVED, _comment(raw)),
            "rejected": Said(Verdict.REJECTED, _comment(raw)),
            "nothing": Said(None, ""),
        }

        assert said(read_reply(raw)) == expected[path.stem.partition("-")[0]], path.stem


def test_a_text_that_is_too_long_is_not_an_answer() -> None:
    line = "x" * 76 + "\n"
    fitting = TEXT_LIMIT // len(line) - 1

    assert read_reply(as_mail("no\n" + line * fitting)).verdict
    assert read_reply(as_mail("no\n" + line * (fitting + 2))).why is Why.EMPTY


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


@pytest.mark.parametrize("html", ["<p>x</p>\n" * (TEXT_LIMIT // 8), "!!!"], ids=["long", "broken"])
def test_html_that_cannot_be_read_does_not_hide_the_text_below(html: str) -> None:
    encoding = "base64" if html == "!!!" else "8bit"
    raw = (
        "Content-Type: multipart/mixed; boundary=b\n\n"
        f"--b\nContent-Type: text/html\nContent-Transfer-Encoding: {encoding}\n\n{html}\n"
        "--b\n\nok\n--b--\n"
    )

    assert read_reply(raw.encode()).verdict is Verdict.APPROVED


def test_a_text_of_nothing_that_is_seen_is_blank() -> None:
    mail = EmailMessage()
    mail.set_content("\u200b\n\ufeff \u00a0\n")
    mail.add_alternative("<p>no</p>", subtype="html")

    assert read_reply(mail.as_bytes()).verdict is Verdict.REJECTED


def test_an_approval_that_is_too_long_does_not_count() -> None:
    line = "Nice text, Ada.\n"

    fits, too_long = (
        line * (size // (len(line) - 1)) for size in (APPROVAL_LIMIT, 2 * APPROVAL_LIMIT)
    )
    assert read_reply(as_mail(f"ok\n\n{fits}")).verdict is Verdict.APPROVED
    assert read_reply(as_mail(f"ok\n\n{too_long}")).why is Why.REMARK
    assert read_reply(as_mail("ok" + " thanks" * 50)).why is Why.NO_ANSWER
    assert read_reply(as_mail("ok\n" + "thanks\n" * 50)).why is Why.NO_ANSWER


def test_a_reply_not_understood_has_reason_and_quote() -> None:
    for text, why, quote in [
        ("", Why.EMPTY, ""),
        ("> ok", Why.EMPTY, ""),
        ("Hello,", Why.EMPTY, ""),
        ("Yes indeed", Why.NO_ANSWER, "Yes indeed"),
        ("yes\nand Ada is great", Why.NO_ANSWER, "yes\nand Ada is great"),
        ("ok, but later", Why.HESITATION, "ok, but later"),
        ("ok\n\nIf Linus agrees", Why.HESITATION, "ok\nIf Linus agrees"),
        ("ok\n\nPlease reject", Why.HESITATION, "ok\nPlease reject"),
        ("ok\n\nI reject", Why.CONTRADICTION, "ok\nI reject"),
        ("no\n\nOk!", Why.CONTRADICTION, "no\nOk!"),
        ("ok\n\nThe room is bright", Why.REMARK, "ok\nThe room is bright"),
        ("Hello Ada,\nok, but later\n\n> ok", Why.HESITATION, "ok, but later"),
        ("no way\na\nb\nc", Why.NO_ANSWER, "no way\na\nb\n…"),
        ("ok\nthanks\n\nGrace\n\nIf so", Why.HESITATION, "ok\nthanks\nGrace\n…\nIf so"),
        ("ok\n\n-- \nNot on Mondays", Why.HESITATION, "ok\n…\nNot on Mondays"),
        (
            "ok\n\nGrace Hopper\nOn Second\nThought",
            Why.HESITATION,
            "ok\nGrace Hopper\nOn Second\n…",
        ),
        ("x" * 1_000, Why.NO_ANSWER, "x" * 100 + "…"),
        ("<b>&\0\u202ewait</b>", Why.HESITATION, "<b>&wait</b>"),
    ]:
        reading = reply_in(text)

        assert (reading.verdict, reading.comment) == (None, "")
        assert (reading.why, reading.quote) == (why, quote)


def _comment(raw: bytes) -> str:
    """Return the comment that a field of the mail states for these tests."""
    stated = BytesParser().parsebytes(raw, headersonly=True)["X-Expected-Comment"] or ""
    return stated.encode().decode("unicode_escape")
