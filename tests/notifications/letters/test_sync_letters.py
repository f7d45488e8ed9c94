"""What administrators read about pushes: numbers, reasons, and what a command said."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Failure, Language, LetterName, Notification
from notifications.letters.composition import compose, render
from notifications.letters.rendering import RenderedLetter
from notifications.letters.samples import samples
from notifications.sms.gsm7 import is_gsm7, segments
from notifications.wording.failures import SENTENCES, failure_sentence, readable_stderr
from tests.builders import Cast
from tests.letter_context import a_context
from tests.push_letters import tell_of_push

CONTEXT = a_context()
SYNC = [LetterName.SYNC_HELD, LetterName.SYNC_FAILING, LetterName.SYNC_RECOVERED]

# What a command may say, and what may be left of it in a letter.
SAID = {
    "ssh: no route\n": "ssh: no route",
    "\x1b[1;31mfatal\x1b[0m: \x07no\n": "fatal:  no",
    "10 %\r20 %\r\nfailed\n": "10 %\n20 %\nfailed",
    "a\x00b\x85c\u2028d\x0be": "a b\nc\nd\ne",
    "\u202egnp.exe\u200b": " gnp.exe",
    "in\tcolumns": "in  columns",
    "\n\nsecond line\n\n": "second line",
    "": "",
}


def letter_about(session: Session, people: Cast, name: LetterName, **changed: Any) -> Notification:
    """Barbara's letter after a push of the list announce, with other facts than usual."""
    tell_of_push(session, people.announce, name)
    session.flush()
    letter = session.scalars(select(Notification).where(Notification.letter == name)).one()
    letter.detail = {**letter.detail, **changed}
    return letter


@pytest.mark.parametrize("name", SYNC)
def test_who_may_edit_lists_is_told_of_which_list(
    session: Session, people: Cast, name: LetterName
) -> None:
    letter = letter_about(session, people, name)

    said = render(letter, CONTEXT)

    assert letter.user is people.barbara
    assert all("announce" in part for part in (said.subject, said.text, said.html, said.sms))
    assert "of the mailing list Announce (announce)" in " ".join(said.text.split())


def test_a_held_push_is_told_in_numbers_with_both_ways_out(session: Session, people: Cast) -> None:
    said = render(letter_about(session, people, LetterName.SYNC_HELD, before=1000), CONTEXT)

    for part in (" ".join(said.text.split()), said.html):
        assert "would remove 420 of the 1000 addresses" in part
        assert "580 would remain" in part
        assert f"/mailing-lists/{people.announce.id}/pushes/confirmation" in part
        assert "listgate sync confirm announce" in part
        assert "listgate sync diff announce" in part
    assert "420 of 1000" in said.sms


def test_a_letter_of_an_earlier_version_leads_to_the_portal(session: Session, people: Cast) -> None:
    letter = letter_about(session, people, LetterName.SYNC_HELD)
    letter.detail = {name: fact for name, fact in letter.detail.items() if name != "list_id"}

    said = render(letter, CONTEXT)

    assert f"\n    {CONTEXT.public_url}\n" in said.text


def test_a_failing_push_is_told_with_its_reason_and_what_the_command_said(
    session: Session, people: Cast
) -> None:
    said = render(letter_about(session, people, LetterName.SYNC_FAILING), CONTEXT)

    for part in (said.text, said.html):
        assert "The command ended with exit status 255." in part
        assert "What the command said:" in part
    assert "\n    No route\n" in said.text
    assert "No route" not in said.sms


def test_a_command_that_said_nothing_is_not_quoted(session: Session, people: Cast) -> None:
    said = render(letter_about(session, people, LetterName.SYNC_FAILING, stderr=" \n\x07"), CONTEXT)

    assert "What the command said" not in said.text + said.html


@pytest.mark.parametrize("stderr", SAID, ids=repr)
def test_of_what_a_command_said_only_readable_lines_are_left(stderr: str) -> None:
    assert readable_stderr(stderr) == SAID[stderr]


def test_what_a_command_said_is_neither_markup_nor_a_line_of_the_letters_own(
    session: Session, people: Cast
) -> None:
    stderr = "<script>alert(1)</script>\r\n--\r\nBcc: eve@example.com\r\n{{ 7 * 7 }}\x1b[2J\n.\n"
    letter = letter_about(session, people, LetterName.SYNC_FAILING, stderr=stderr)

    said = render(letter, CONTEXT)

    header, _, _ = compose(letter, CONTEXT).partition(b"\r\n\r\n")
    assert b"eve@" not in header
    assert "\x1b" not in said.text + said.html
    assert "<script" not in said.html
    assert "    <script>alert(1)</script>\n    --\n    Bcc: eve@example.com\n    {{ 7" in said.text
    assert said.text.count("\n-- \n") == 1


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("failure", Failure)
def test_every_failure_has_a_sentence_in_every_language(
    failure: Failure, language: Language
) -> None:
    sentence = failure_sentence(failure, -9, language)

    assert sentence.endswith(".")
    assert ("9" in sentence) is (failure in {Failure.EXIT_STATUS, Failure.SIGNAL})
    assert set(SENTENCES) == set(Failure)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", SYNC)
def test_even_for_a_big_list_with_a_long_name_one_sms_is_enough(
    name: LetterName, language: Language
) -> None:
    facts = {**samples(language)[name], "list": "x" * 30, "removals": 999_999, "before": 1_234_567}

    said = RenderedLetter(name, facts, language=language).sms

    assert is_gsm7(said)
    assert segments(said) == 1
