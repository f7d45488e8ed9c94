"""A search finds rows that contain each word, whatever its case."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import User
from tests.builders import Cast, person
from workflows.queries.text_search import PEOPLE, matches


def found(session: Session, text: str) -> set[str]:
    return set(session.scalars(select(User.name).where(matches(text, PEOPLE))))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("hopper", "Grace Hopper"),
        ("HOPPER grace", "Grace Hopper"),
        ("grace@", "Grace Hopper"),
        ("  liskov\texample ", "Barbara Liskov"),
    ],
)
def test_every_word_counts_in_any_order(
    session: Session, people: Cast, text: str, name: str
) -> None:
    assert people
    assert found(session, text) == {name}


def test_a_word_without_a_match_finds_no_one(session: Session, people: Cast) -> None:
    assert people
    assert found(session, "grace liskov") == set()


@pytest.mark.parametrize("text", ["", "   ", "\0"])
def test_without_a_word_everybody_is_found(session: Session, people: Cast, text: str) -> None:
    assert people
    assert len(found(session, text)) == 5


@pytest.mark.parametrize("text", ["100%", "a_b", "\\o/"])
def test_sql_wildcards_are_plain_characters(session: Session, people: Cast, text: str) -> None:
    assert people
    person(session, f"Zoe {text}")

    assert found(session, text) == {f"Zoe {text}"}
    assert found(session, text.translate(str.maketrans("%_\\", "xxx"))) == set()


def test_words_beyond_the_fifth_are_not_looked_for(session: Session, people: Cast) -> None:
    assert people
    assert found(session, "g r a c e nowhere") == found(session, "g r a c e") != set()
