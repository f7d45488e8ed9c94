"""Letters say when a message is sent, how fast, and in which window."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from models import Language, LetterName, Rate, SendoutRules, Span, Window
from notifications.letters import letters
from notifications.letters.composition import render
from notifications.wording.sendout_words import pace_words, recorded_words, span_words, window_words
from tests.builders import Cast, a_letter
from tests.letter_context import a_context
from workflows.messages import write

NINE = datetime(2030, 1, 31, 9, tzinfo=UTC)
NIGHT = SendoutRules(Rate(500, 30), (Window.read("22:00-06:00"),))


@pytest.fixture(autouse=True)
def at_nine(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (letters, write):
        monkeypatch.setattr(module, "now", lambda: NINE)


def letter(session: Session, people: Cast, which: LetterName, in_hours: int | None = None) -> str:
    """The letter about a message that is due then, as a text with usual blanks."""
    send_at = None if in_hours is None else NINE + timedelta(hours=in_hours)
    written = a_letter(session, people, which, send_at=send_at)
    return render(written, a_context()).text.replace("\N{NARROW NO-BREAK SPACE}", " ")


@pytest.mark.parametrize("which", [LetterName.MODERATE, LetterName.REMINDER])
def test_an_approval_request_has_the_rules_and_the_next_window(
    session: Session, people: Cast, which: LetterName
) -> None:
    people.announce.sendout_rules = NIGHT

    rendered = letter(session, people, which, in_hours=3)

    assert "Goes out: Jan 31, 2030, 10:00 PM UTC" in rendered
    assert "Window: 22:00–06:00 (UTC)" in rendered  # noqa: RUF001
    assert "Rate: at most 500 every 30 minutes" in rendered


@pytest.mark.parametrize(
    ("in_hours", "expected"),
    [
        (None, "Jan 31, 2030, 10:00 PM UTC"),
        (3, "Jan 31, 2030, 10:00 PM UTC"),
        (14, "Jan 31, 2030, 11:00 PM UTC"),
    ],
)
def test_an_approval_has_the_time_at_which_the_window_opens(
    session: Session, people: Cast, in_hours: int | None, expected: str
) -> None:
    people.announce.sendout_rules = NIGHT

    assert f"Goes out: {expected}" in letter(session, people, LetterName.APPROVED, in_hours)


def test_without_rules_letters_name_none(session: Session, people: Cast) -> None:
    rendered = letter(session, people, LetterName.MODERATE)

    assert "Goes out: as soon as it is approved" in rendered
    assert "Window" not in rendered
    assert "Rate" not in rendered
    assert "Goes out: now" in letter(session, people, LetterName.APPROVED)


def test_a_letter_about_rules_that_leave_no_time_can_be_rendered(
    session: Session, people: Cast
) -> None:
    written = a_letter(session, people, LetterName.WITHDRAWN, send_at=NINE)
    assert written.message is not None
    people.announce.sendout_rules = NIGHT
    written.message.sendout_rules = SendoutRules(windows=(Window.read("08:00-10:00"),))

    assert render(written, a_context()).text


def test_a_pace_in_words() -> None:
    for rules, language, rendered in [
        (SendoutRules(), Language.ENGLISH, "as fast as the mail relay takes them"),
        (SendoutRules(Rate(60, 1)), Language.ENGLISH, "at most 60 a minute"),
        (SendoutRules(Rate(12_000, 60)), Language.ENGLISH, "at most 12,000 every 60 minutes"),
        (SendoutRules(Rate(12_000, 60)), Language.GERMAN, "höchstens 12.000 alle 60 Minuten"),
        (SendoutRules(Rate(60, 1)), Language.FRENCH, "au plus 60 par minute"),
        (SendoutRules(span=Span(180)), Language.ENGLISH, "evenly over 3 hours"),
        (SendoutRules(span=Span(90)), Language.GERMAN, "gleichmäßig über 90 Minuten"),
        (
            SendoutRules(Rate(60, 1), span=Span(180)),
            Language.FRENCH,
            "réparti sur 3\N{NO-BREAK SPACE}heures, au plus 60 par minute",
        ),
    ]:
        assert pace_words(rules, language) == rendered


def test_windows_in_words_have_their_zone() -> None:
    zone = ZoneInfo("Europe/Paris")
    two = (Window.read("05:00-06:00"), Window.read("22:00-23:00"))

    words = window_words(two, zone, Language.GERMAN)

    assert words == "05:00–06:00, 22:00–23:00 (Europe/Paris)"  # noqa: RUF001
    assert window_words(None, zone, Language.GERMAN) == "jederzeit"


@pytest.mark.parametrize(
    ("minutes", "rendered"),
    [(199, "about 3 hours for 12,000 copies"), (2 * 24 * 60, "about 2 days for 12,000 copies")],
)
def test_a_span_is_rounded(minutes: int, rendered: str) -> None:
    ends_at = NINE + timedelta(minutes=minutes)

    assert span_words(NINE, ends_at, copies=12_000, language=Language.ENGLISH) == rendered


@pytest.mark.parametrize(
    ("rate", "window", "rendered"),
    [
        ("60/1", "", "at most 60 a minute"),
        ("", "22:00-06:00", "as fast as the mail relay takes them, 22:00–06:00"),  # noqa: RUF001
    ],
)
def test_recorded_rules_in_words(rate: str, window: str, rendered: str) -> None:
    assert recorded_words({"rate": rate, "window": window}, Language.ENGLISH) == rendered
