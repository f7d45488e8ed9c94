"""What the letters say: every kind, for every kind of message, in text and in HTML."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from jinja2 import UndefinedError, meta
from sqlalchemy.orm import Session

from models import Door, LetterName, Notification, Verdict
from models.clock import now
from notifications import rendering
from notifications.letters import LETTERS, shared
from notifications.rendering import ENVIRONMENT, Rendered, render
from tests.builders import Cast, a_letter, an_eml
from workflows import lists, moderation
from workflows import people as persons

TEMPLATES = Path(rendering.__file__).parent / "templates"
PARTS = ("subject.txt", "body.txt", "body.html")
SOON = now() + timedelta(days=3)
NO_SUBJECT = b"From: Ada Lovelace <ada@example.org>\n\nDear members,\n"

FACTS = {
    "recipient": "Grace Hopper",
    "author": "Ada Lovelace",
    "list": "announce",
    "list_name": "Announcements",
    "subject": "General assembly",
    "message_id": 7,
    "send_at": None,
    "request_id": 8,
    "approver": "Linus Torvalds",
    "comment": "too long",
}

PROBE = "<script>alert(1)</script> & \"so\" 'on' {{ 7 * 7 }}"


def words(letter: Notification) -> Rendered:
    """The letter in words."""
    kind = LETTERS[letter.letter]
    return render(kind.name, shared(letter) | kind.facts(letter))


def variables(name: LetterName, part: str) -> set[str]:
    """What the template asks for."""
    source = (TEMPLATES / name.value / part).read_text()
    return meta.find_undeclared_variables(ENVIRONMENT.parse(source))


@pytest.mark.parametrize("name", LetterName)
def test_every_letter_has_its_folder_with_its_words(name: LetterName) -> None:
    assert LETTERS[name].name is name
    assert {path.name for path in (TEMPLATES / name.value).iterdir()} == {*PARTS}


def test_no_folder_is_left_over() -> None:
    folders = {path.name for path in TEMPLATES.iterdir() if path.is_dir()}

    assert folders == {name.value for name in LetterName} == {name.value for name in LETTERS}


@pytest.mark.parametrize("raw", [an_eml(), NO_SUBJECT], ids=["subject", "no subject"])
@pytest.mark.parametrize("send_at", [SOON, None], ids=["at a time", "at once"])
@pytest.mark.parametrize("name", LetterName)
def test_every_letter_can_be_written_about_every_message(
    session: Session, people: Cast, name: LetterName, send_at: datetime | None, raw: bytes
) -> None:
    said = words(a_letter(session, people, name, raw=raw, send_at=send_at))

    shown = "(no subject)" if raw == NO_SUBJECT else "General assembly"
    assert all(shown in part for part in (said.subject, said.text, said.html))
    assert "None" not in f"{said.subject}{said.text}{said.html}"
    assert "\n" not in said.subject


@pytest.mark.parametrize("name", LetterName)
@pytest.mark.parametrize("part", PARTS)
def test_a_fact_that_is_missing_is_an_error_and_no_gap(name: LetterName, part: str) -> None:
    template = ENVIRONMENT.get_template(f"{name.value}/{part}")

    for missing in variables(name, part):
        with pytest.raises(UndefinedError, match=missing):
            template.render({key: value for key, value in FACTS.items() if key != missing})


@pytest.mark.parametrize("name", LetterName)
def test_strangers_words_are_escaped_in_html_and_left_alone_in_text(name: LetterName) -> None:
    strange = {key: PROBE if isinstance(value, str) else value for key, value in FACTS.items()}

    said = render(name, strange)

    assert PROBE in said.text
    assert PROBE in said.subject
    assert "<script" not in said.html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; " in said.html
    assert "{{ 7 * 7 }}" in said.html


@pytest.mark.parametrize("break_", ["\n", "\r\n", "\r", "\u2028", "\x0b", "\x85"])
@pytest.mark.parametrize("name", LetterName)
def test_a_subject_is_one_line_whatever_is_in_it(name: LetterName, break_: str) -> None:
    said = render(name, FACTS | {"subject": f"Hello{break_}Bcc: eve@example.com"})

    assert "Hello Bcc: eve@example.com" in said.subject
    assert len(said.subject.splitlines()) == 1


def test_an_approver_is_told_who_asks_what_for_which_list_and_how_to_answer(
    session: Session, people: Cast
) -> None:
    letter = a_letter(session, people, send_at=datetime(2099, 1, 31, 9, 30, tzinfo=UTC))

    said = words(letter)

    for part in (said.text, said.html):
        assert "Grace Hopper" in part
        assert "Ada Lovelace" in part
        assert "Announce" in part
        assert "2099-01-31 09:30 UTC" in part
        assert f"listgate decide {letter.request_id} approve --as YOUR-ADDRESS" in part
    assert said.subject == "To approve: General assembly [announce]"


def test_a_message_without_a_time_goes_out_once_it_is_approved(
    session: Session, people: Cast
) -> None:
    said = words(a_letter(session, people))

    assert "as soon as it is approved" in said.text
    assert "as soon as it is approved" in said.html


def test_every_approver_gets_a_letter_with_the_own_name(session: Session, people: Cast) -> None:
    first = a_letter(session, people)

    second = session.get_one(Notification, first.id + 1)

    assert words(first).text.startswith("Hello Grace Hopper,")
    assert words(second).text.startswith("Hello Linus Torvalds,")


def test_a_rejected_author_is_told_by_whom_and_why(session: Session, people: Cast) -> None:
    letter = a_letter(session, people, LetterName.REJECTED, comment="Too long.\nAnd <dull>.")

    said = words(letter)

    assert said.text.startswith("Hello Ada Lovelace,\n\nGrace Hopper has rejected your message")
    assert "    Reason:   Too long.\n              And <dull>.\n" in said.text
    assert "Too long.\nAnd &lt;dull&gt;." in said.html
    assert "white-space: pre-line" in said.html


def test_a_rejection_without_a_reason_says_so(session: Session, people: Cast) -> None:
    said = words(a_letter(session, people, LetterName.REJECTED))

    assert "Reason:   No reason was given." in said.text
    assert "No reason was given." in said.html


@pytest.mark.parametrize("name", [LetterName.REJECTED, LetterName.RETURNED])
def test_an_author_is_told_that_nothing_was_sent(
    session: Session, people: Cast, name: LetterName
) -> None:
    said = words(a_letter(session, people, name))

    assert "sent to anybody" in said.text or "Nothing was sent." in said.text
    assert "sent to anybody" in said.html or "Nothing was sent." in said.html


@pytest.mark.parametrize("name", LetterName)
def test_text_and_html_tell_the_same(session: Session, people: Cast, name: LetterName) -> None:
    letter = a_letter(session, people, name, comment="too long")
    facts = shared(letter) | LETTERS[name].facts(letter)

    said = words(letter)

    told = {key for key, value in facts.items() if isinstance(value, str) and value in said.text}
    told |= {"request_id"} & facts.keys()
    assert [key for key in told if str(facts[key]) not in said.html] == []


def test_a_question_is_pointless_once_it_is_answered(session: Session, people: Cast) -> None:
    letter = a_letter(session, people)
    request = letter.request
    assert request is not None
    moot = LETTERS[LetterName.MODERATE].moot
    assert not moot(letter)

    moderation.decide(session, request, people.linus, Verdict.APPROVED, via=Door.PORTAL)

    assert moot(letter)


@pytest.mark.parametrize("reason", ["withdrawn", "disabled", "no longer an approver"])
def test_a_question_is_pointless_for_who_cannot_answer_any_more(
    session: Session, people: Cast, reason: str
) -> None:
    letter = a_letter(session, people)
    assert letter.request is not None

    if reason == "withdrawn":
        moderation.withdraw(session, letter.request, people.ada, via=Door.PORTAL)
    elif reason == "disabled":
        persons.disable(session, people.grace, by=None, via=Door.PORTAL)
    else:
        lists.set_approvers(session, people.approvers, [people.linus], by=None, via=Door.PORTAL)

    assert LETTERS[LetterName.MODERATE].moot(letter)
