"""What the letters say: every kind, for every kind of message, in text and in HTML."""

from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from jinja2 import UndefinedError, meta
from sqlalchemy.orm import Session

from models import Language, LetterName, Notification
from models.clock import now
from notifications.letters import rendering
from notifications.letters.composition import render
from notifications.letters.letters import LETTERS, shared_variables
from notifications.letters.rendering import PARTS, RenderedLetter, environment
from notifications.letters.samples import samples
from tests.builders import Cast, a_letter, an_eml
from tests.letter_context import a_context

SAMPLES = samples(Language.ENGLISH)
TEMPLATES = rendering.TEMPLATES
SOON = now() + timedelta(days=3)
NO_SUBJECT = b"From: Ada Lovelace <ada@example.org>\n\nDear members,\n"
CONTEXT = a_context()
ENGLISH = environment(Language.ENGLISH, None)

# The others are about a person's telephone or account.
ABOUT_A_MESSAGE = [name for name in LetterName if "Message" in name or "Reply" in name]

# Some letters have other words for other turns of the story.
TURNS: tuple[dict[str, Any], ...] = (
    {},
    {"to_author": False},
    {"verdict": "approved"},
    {"verdict": None, "state": "open"},
    {"verdict": None, "state": "expired"},
)

PROBE = "<script>alert(1)</script> & \"so\" 'on' {{ 7 * 7 }}"


def said_with(name: LetterName, facts: dict[str, Any]) -> RenderedLetter:
    """The letter in English."""
    return RenderedLetter(name, facts, language=Language.ENGLISH)


def variables(name: LetterName, part: str) -> set[str]:
    """What the template asks for itself, besides translations and the parts of other templates."""
    source = (TEMPLATES / name.value / part).read_text()
    return meta.find_undeclared_variables(ENGLISH.parse(source)) - {"_", "parts"}


def unwrapped(text: str) -> str:
    """The words of a text, on one line."""
    return " ".join(text.split())


def test_every_letter_is_known_under_its_name() -> None:
    assert {name: letter.name for name, letter in LETTERS.items()} == {n: n for n in LetterName}


def test_no_folder_is_left_over() -> None:
    folders = {path.name for path in TEMPLATES.iterdir() if path.is_dir()}

    assert folders == {name.value for name in LetterName} == {name.value for name in LETTERS}


@pytest.mark.parametrize("raw", [an_eml(), NO_SUBJECT], ids=["subject", "no subject"])
@pytest.mark.parametrize("send_at", [SOON, None], ids=["at a time", "at once"])
@pytest.mark.parametrize("name", ABOUT_A_MESSAGE)
def test_every_letter_can_be_written_about_every_message(
    session: Session, people: Cast, name: LetterName, send_at: datetime | None, raw: bytes
) -> None:
    said = render(a_letter(session, people, name, raw=raw, send_at=send_at), CONTEXT)

    shown = "(no subject)" if raw == NO_SUBJECT else "General assembly"
    assert all(shown in part for part in (said.subject, said.text, said.html, said.sms))
    assert "None" not in f"{said.subject}{said.text}{said.html}{said.sms}"
    assert "\n" not in said.subject


def test_administrators_are_told_whose_telephone_is_locked(session: Session, people: Cast) -> None:
    letter = a_letter(session, people, LetterName.PHONE_LOCKED)

    said = render(letter, CONTEXT)

    assert letter.user is people.barbara
    assert all("Grace Hopper" in part for part in (said.subject, said.text, said.html, said.sms))
    assert all(f"/users/{people.grace.id}" in part for part in (said.text, said.html))


@pytest.mark.parametrize("name", LetterName)
@pytest.mark.parametrize("part", PARTS)
def test_a_fact_that_is_missing_is_an_error_and_no_gap(name: LetterName, part: str) -> None:
    template = ENGLISH.get_template(f"{name.value}/{part}")

    for missing in variables(name, part):
        with pytest.raises(UndefinedError, match=missing):
            for turn in TURNS:
                facts = {**SAMPLES[name], "language": "en", **turn}
                template.render({key: value for key, value in facts.items() if key != missing})


@pytest.mark.parametrize("name", ABOUT_A_MESSAGE)
def test_strangers_words_are_escaped_in_html_and_left_alone_in_text(name: LetterName) -> None:
    said = said_with(name, {**SAMPLES[name], **dict.fromkeys(("author", "subject"), PROBE)})

    assert PROBE in said.text
    assert PROBE in said.subject
    assert "<script" not in said.html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; " in said.html
    assert "{{ 7 * 7 }}" in said.html


@pytest.mark.parametrize("name", LetterName)
def test_no_fact_of_a_letter_becomes_html(name: LetterName) -> None:
    strange = {
        key: PROBE if isinstance(value, str) and key not in {"state", "verdict"} else value
        for key, value in SAMPLES[name].items()
    }

    assert "<script" not in said_with(name, strange).html


@pytest.mark.parametrize("break_", ["\n", "\r\n", "\r", "\u2028", "\x0b", "\x85"])
@pytest.mark.parametrize("name", ABOUT_A_MESSAGE)
def test_a_subject_is_one_line_whatever_is_in_it(name: LetterName, break_: str) -> None:
    said = said_with(name, {**SAMPLES[name], "subject": f"Hello{break_}Bcc: eve@example.com"})

    assert "Hello Bcc: eve@example.com" in said.subject
    assert len(said.subject.splitlines()) == 1


def test_an_approver_is_told_who_asks_what_for_which_list_and_how_to_answer(
    session: Session, people: Cast
) -> None:
    letter = a_letter(session, people, send_at=datetime(2099, 1, 31, 9, 30, tzinfo=UTC))
    assert letter.request is not None
    (keys, _) = letter.request.approver_keys

    said = render(letter, CONTEXT)

    for part in (said.text, said.html):
        assert "Grace Hopper" in part
        assert "Ada Lovelace" in part
        assert "Announce" in part
        assert "Jan 31, 2099" in part
        assert "UTC" in part
        assert "write OK in the first line" in unwrapped(part)
        assert CONTEXT.link(keys.id) in part
    for verb in ("OK", "NO: "):
        filled = CONTEXT.mailto(keys.id, subject="Re: General assembly", verb=verb)
        assert filled in unescape(said.html)
    assert said.subject == "To approve: General assembly [announce]"


def test_a_message_without_a_time_goes_out_once_it_is_approved(
    session: Session, people: Cast
) -> None:
    said = render(a_letter(session, people), CONTEXT)

    assert "as soon as it is approved" in said.text
    assert "as soon as it is approved" in said.html


def test_every_approver_gets_a_letter_with_the_own_name(session: Session, people: Cast) -> None:
    first = a_letter(session, people)

    second = session.get_one(Notification, first.id + 1)

    assert render(first, CONTEXT).text.startswith("Hello Grace Hopper,")
    assert render(second, CONTEXT).text.startswith("Hello Linus Torvalds,")


def test_a_rejected_author_is_told_by_whom_and_why(session: Session, people: Cast) -> None:
    letter = a_letter(session, people, LetterName.REJECTED, comment="Too long.\nAnd <dull>.")

    said = render(letter, CONTEXT)

    assert said.text.startswith("Hello Ada Lovelace,\n\nGrace Hopper has rejected your message")
    assert "Reason:\n\n    Too long.\n    And <dull>.\n" in said.text
    assert "Too long.\nAnd &lt;dull&gt;." in said.html
    assert "white-space: pre-line" in said.html


def test_a_rejection_without_a_reason_says_so(session: Session, people: Cast) -> None:
    said = render(a_letter(session, people, LetterName.REJECTED), CONTEXT)

    assert "Reason:\n\n    No reason was given." in said.text
    assert "No reason was given." in said.html


@pytest.mark.parametrize("name", [LetterName.REJECTED, LetterName.RETURNED, LetterName.EXPIRED])
def test_an_author_is_told_that_nothing_was_sent(
    session: Session, people: Cast, name: LetterName
) -> None:
    letter = a_letter(session, people, name)

    said = render(letter, CONTEXT)

    assert letter.user is people.ada
    for part in (unwrapped(said.text), unwrapped(said.html)):
        assert any(
            each in part for each in ("not sent to anyone", "Nothing was sent.", "not sent,")
        )


@pytest.mark.parametrize("name", LetterName)
def test_text_and_html_tell_the_same(session: Session, people: Cast, name: LetterName) -> None:
    letter = a_letter(session, people, name, comment="too long")
    facts = {**shared_variables(letter, CONTEXT), **LETTERS[name].variables(letter, CONTEXT)}

    said = render(letter, CONTEXT)

    assert {fact for fact in strings(facts) if fact in said.text} - {
        fact for fact in strings(facts) if fact in said.html
    } == set()


def strings(facts: dict[str, Any]) -> set[str]:
    """The facts that are words."""
    return {value for value in facts.values() if isinstance(value, str) and value}
