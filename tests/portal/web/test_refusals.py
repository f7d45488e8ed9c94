"""Refusals in the language of their reader."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Act,
    Amount,
    AuditEntry,
    IllegalTransition,
    Invalid,
    Language,
    MessageState,
    Refusal,
    Right,
    Trespass,
    record_refusal,
)
from portal.wording.audit_sentences import sentence
from portal.wording.refusal_sentences import NOUNS, STATES, refusal_words
from tests.builders import Cast

BERLIN = ZoneInfo("Europe/Berlin")
LACKING = "%(user)s lacks the right %(right)s (%(number)d)."


def sentence_of(refusal: Refusal, language: Language) -> str:
    return refusal_words(refusal.sentence, refusal.facts, language=language, zone=BERLIN)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (Language.ENGLISH, "has 6,025,000 bytes, and at most 5,000,000 can"),
        (Language.GERMAN, "hat 6.025.000 Byte; höchstens 5.000.000 können"),
        (Language.FRENCH, "fait 6\u202f025\u202f000 octets, et 5\u202f000\u202f000 au plus"),
    ],
)
def test_a_number_is_written_as_its_reader_does(language: Language, words: str) -> None:
    refusal = Invalid(
        "The message has %(size)s bytes, and at most %(most)s can be sent. "
        "Please leave something out, or send a link to it.",
        size=Amount(6_025_000),
        most=Amount(5_000_000),
    )

    assert words in sentence_of(refusal, language)


def test_a_time_is_shown_in_the_readers_zone() -> None:
    moment = datetime(2027, 1, 31, 8, 0, tzinfo=UTC)

    refusal = Invalid("The send time is in the past: %(time)s.", time=moment)

    assert str(refusal).endswith("2027-01-31 at 08:00:00 UTC.")
    assert sentence_of(refusal, Language.GERMAN).endswith("31.01.2027, 09:00 MEZ.")


def test_a_right_is_shown_by_its_name() -> None:
    right = Right.EDIT_LISTS

    refusal = Invalid(LACKING, user="Ada", right=right.name, number=right)

    assert str(refusal) == "Ada lacks the right EDIT_LISTS (402)."
    assert "« Modifier les listes » (402)" in sentence_of(refusal, Language.FRENCH)


def test_every_state_of_a_message_has_a_word() -> None:
    refusal = IllegalTransition(
        "%(noun)s %(number)d is %(state)s; it cannot become %(to)s.",
        noun="Message",
        number=7,
        state=MessageState.SENT,
        to=MessageState.SCHEDULED,
    )

    assert STATES.keys() == set(MessageState)
    assert NOUNS.keys() == {"Message"}
    assert sentence_of(refusal, Language.GERMAN) == (
        "Die Nachricht 7: Aus dem Zustand „Versandt“ kann nicht „Geplant“ werden."
    )


def test_an_audited_refusal_is_shown_in_the_readers_language(
    session: Session, people: Cast
) -> None:
    refusal = Trespass(LACKING, user=people.ada, right="EDIT_LISTS", number=402)

    record_refusal(session, refusal)

    refused = session.scalars(select(AuditEntry).where(AuditEntry.act == Act.REFUSED)).one()
    assert "fehlt das Recht „Listen bearbeiten“ (402)" in sentence(refused, Language.GERMAN)
