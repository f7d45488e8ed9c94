"""Every mail that leaves parses without defects, and looks like no spam."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from models import FromField, Language, LetterName
from notifications.letters.composition import compose
from notifications.mime.added_line import AddedLine, with_line
from notifications.mime.compose import TypedMessage, compose_mail
from notifications.mime.list_headers import add_list_headers
from notifications.mime.template import Template
from tests.builders import Cast, a_draft, a_letter, an_example
from tests.letter_context import a_context
from tests.notifications.mime.defects import defects
from tests.notifications.mime.small_mails import HEADING
from tests.notifications.mime.strange_mails import accepted_mails

CONTEXT = a_context()

LINE = AddedLine("Leave this list", "https://listgate.example.org/unsubscribe/a", b"-")

TYPED = TypedMessage(
    "General assembly on 3 February: you are invited",
    "Dear members,\n\nplease come to our general assembly; the minutes are attached.\n\nAda\n",
    "<p>Dear members,</p><p>please come to our general assembly; the minutes are attached.</p>",
)


def test_what_a_list_adds_to_a_mail_has_no_defects() -> None:
    for raw in accepted_mails():
        before = known_defects(raw)
        if before is None:
            continue

        pieces = with_line(raw, LINE) or [raw]
        mail = Template.of(pieces, b"-").filled(b"-")

        allowed = before | {re.sub("^From: ", "Reply-To: ", each) for each in before}
        for headers in (HEADING, replace(HEADING, from_list=True)):
            assert set(defects(add_list_headers(mail, headers))) <= allowed, raw


def known_defects(raw: bytes) -> set[str] | None:
    """Return the defects, or None where the email package raises an exception of any kind."""
    try:
        return set(defects(raw))
    except Exception:
        return None


def every_mail(session: Session, people: Cast) -> Iterator[tuple[str, bytes]]:
    """Yield mails of each kind: letters, and copies in each language with either From."""
    message = a_draft(session, people)
    message.raw = compose_mail(TYPED, people.ada)
    for language in Language:
        people.announce.language = language
        for from_field in (FromField.AUTHOR, FromField.LIST):
            people.announce.from_field = from_field
            yield f"copy {language} {from_field}", an_example(message)
    for name in (LetterName.MODERATE, LetterName.REJECTED, LetterName.RESET, LetterName.SYNC_HELD):
        yield name, compose(a_letter(session, people, name), CONTEXT)


def scores(mails: list[bytes]) -> list[float]:
    """Return the score of each mail; all at once, because SpamAssassin starts for seconds."""
    mailbox = b"".join(b"From ada Sun Jan 31 12:30:00 2027\n" + mail + b"\n" for mail in mails)
    command = ["spamassassin", "--mbox", "--test-mode", "--local"]
    said = subprocess.run(command, input=mailbox, stdout=subprocess.PIPE, check=True).stdout
    return [
        float(each)
        for each in re.findall(rb"^X-Spam-Status: \w+, score=(-?[\d.]+)", said, re.MULTILINE)
    ]


@pytest.mark.skipif(not shutil.which("spamassassin"), reason="SpamAssassin is not installed")
def test_spamassassin_finds_nothing(session: Session, people: Cast) -> None:
    mails = dict(every_mail(session, people))

    found = dict(zip(mails, scores(list(mails.values())), strict=True))

    assert {name: score for name, score in found.items() if score >= 1} == {}
