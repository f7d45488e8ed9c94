"""docs/replies.md agrees with the code."""

import re
from pathlib import Path

from docs.draw import word_rows
from models import Verdict
from notifications.automatic.detect import Automatic
from notifications.replies.parse import APPROVAL_LIMIT, READ_LIMIT, TEXT_LIMIT, reply_in
from notifications.replies.sms import HELP, HOW, OPT_IN, OPT_OUT, read_sms
from tests.notifications.replies.reply_tables import VERDICTS, Said, said

PAGE = (Path(__file__).parents[3] / "docs/replies.md").read_text()
MAIL, SMS = PAGE.split("## By SMS")

EXAMPLE = re.compile(
    r"^\| `(.+?)` \| (approved|rejected|sent_back|nothing) \| ?(.*?) ?\|$", re.MULTILINE
)


def test_the_page_names_every_word() -> None:
    assert [name for name, row in word_rows().items() if f"\n{row}\n" not in MAIL] == []


def test_the_page_names_the_carriers_words() -> None:
    for words in (OPT_OUT, OPT_IN, HELP, HOW):
        assert f"\n| {', '.join(words)} |" in SMS


def test_the_page_names_every_reason() -> None:
    assert [each for each in Automatic if f"\n| {each} |" not in SMS] == []


def test_an_example_of_a_mail_is_true() -> None:
    for text, verdict, comment in EXAMPLE.findall(MAIL):
        expected = VERDICTS[verdict]

        assert said(reply_in(text)) == Said(expected, comment if expected else "")


def test_an_example_of_an_sms_is_true() -> None:
    for text, verdict, comment in EXAMPLE.findall(SMS):
        found = read_sms(text)

        assert (found.verdict, found.comment) == (VERDICTS[verdict], comment)


def test_the_page_names_the_limits() -> None:
    assert f"at most {TEXT_LIMIT:,} bytes" in MAIL
    assert f"the first {READ_LIMIT:,} bytes" in MAIL
    assert f"at most {APPROVAL_LIMIT:,} characters" in MAIL


def test_the_paragraph_about_second_thoughts_is_true() -> None:
    assert reply_in("ok\n\nP.S. Not before five!").verdict is None
    assert reply_in("no\nok, wait").verdict is None
    assert reply_in("no\nOk for next week.").verdict is Verdict.REJECTED
