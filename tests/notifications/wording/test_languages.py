"""Everything people read exists in three languages."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po

from models import Language, LetterName, Refusal
from notifications.letters.rendering import PARTS, RenderedLetter
from notifications.letters.samples import samples
from notifications.sms.gsm7 import is_gsm7, segments
from notifications.wording.languages import CATALOGS, format_moment, translations
from portal.app import app
from workflows import tasks

ROOT = Path(__file__).parents[3]
FOREIGN = [Language.FRENCH, Language.GERMAN]
# As `make catalogs` has it.
MAPPINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["babel"]["mappings"]
METHODS = [(pattern, each["method"]) for each in MAPPINGS for pattern in each["pattern"]]
OPTIONS = {pattern: each for each in MAPPINGS for pattern in each["pattern"]}
Sentence = str | tuple[str, str]

GAP = re.compile(r"%\((\w+)\)[a-z]")


def refusals(kind: type[Refusal] = Refusal) -> Iterator[str]:
    """The names of all refusals, whose first argument is a sentence for a person."""
    assert app, "with the portal and the tasks, every module that refuses is known"
    assert tasks.letter_context
    yield kind.__name__
    for one in kind.__subclasses__():
        yield from refusals(one)


@cache
def sentences() -> frozenset[Sentence]:
    """Every sentence in the templates and pages, and every refusal; with a count, a pair."""
    keywords = {**DEFAULT_KEYWORDS, **dict.fromkeys(refusals())}
    return frozenset(
        sentence if isinstance(sentence, str) else sentence[:2]  # type: ignore[misc]
        for _, _, sentence, *_ in extract_from_dir(ROOT, METHODS, OPTIONS, keywords)
    )


def forms(sentence: Sentence) -> tuple[str, ...]:
    """The sentence, or its singular and plural."""
    return (sentence,) if isinstance(sentence, str) else sentence


# What a native reader would trip over, and the word that all catalogs and pages have instead.
SHUNNED = {
    Language.FRENCH: {
        "courriel": "e-mail",
        "synchronisation": "transmission",
        "planifi": "programm",
        "quatre yeux": "double contrôle",
        "abonné": "inscrit",
        "·e": "a sentence that is true of everybody",
        "(e)": "a sentence that is true of everybody",
    },
    Language.GERMAN: {
        "erwaltung": "Administration",
        "verschickt": "versandt",
        "Brief": "E-Mail",
        "Freigeber": "Freigebende",
    },
}


def in_language(sentence: Sentence, language: Language) -> list[str]:
    """The sentence for each number that the language tells apart."""
    catalog = translations(language)
    if isinstance(sentence, str):
        return [catalog.gettext(sentence)]
    return [catalog.ngettext(*sentence, number) for number in (0, 1, 2, 1_000)]


@pytest.mark.parametrize("language", FOREIGN)
def test_every_sentence_is_translated_with_the_same_gaps(language: Language) -> None:
    said = sentences()

    assert len(said) > 60
    assert {"Approve", "This link is not known here"} < said  # of pages, too
    for sentence in said:
        for translated in in_language(sentence, language):
            assert translated not in forms(sentence)
            assert sorted(GAP.findall(translated)) == sorted(GAP.findall(forms(sentence)[-1]))


@pytest.mark.parametrize("language", FOREIGN)
def test_no_translation_is_left_over(language: Language) -> None:
    with (CATALOGS / f"{language}.po").open("rb") as file:
        known = {message.id for message in read_po(file) if message.id}

    assert known - sentences() == set()


@pytest.mark.parametrize("language", FOREIGN)
def test_one_thing_has_one_word_in_every_language(language: Language) -> None:
    said = [one for sentence in sentences() for one in in_language(sentence, language)]

    assert [(word, one) for word in SHUNNED[language] for one in said if word in one] == []


@pytest.mark.parametrize("language", FOREIGN)
def test_a_catalog_says_everything_once(language: Language) -> None:
    catalog = (CATALOGS / f"{language}.po").read_text()
    written = re.findall(r'^msgid ((?:".*"\n)+)', catalog, re.MULTILINE)
    said = Counter("".join(re.findall(r'"(.*)"', one)) for one in written)

    assert [sentence for sentence, times in said.items() if times > 1] == []


@pytest.mark.parametrize("language", FOREIGN)
def test_a_catalog_says_whose_it_is(language: Language) -> None:
    header = (CATALOGS / f"{language}.po").read_text().split("\n\n")[0]

    assert not re.search("VERSION|PROJECT|YEAR|FULL NAME|EMAIL@|LL@", header)


@pytest.mark.parametrize("letter", list(LetterName))
@pytest.mark.parametrize("language", list(Language))
def test_every_part_of_every_letter_can_be_filled(letter: LetterName, language: Language) -> None:
    said = RenderedLetter(letter, samples(language)[letter], language=language)

    assert all([said.subject, said.text, said.html, said.sms])
    assert "\n" not in said.subject
    assert f'lang="{language}"' in said.html


@pytest.mark.parametrize("language", list(Language))
def test_the_question_fits_one_sms(language: Language) -> None:
    facts = {**samples(language)[LetterName.MODERATE], "subject": "Ein sehr langer Betreff: " * 9}

    said = RenderedLetter(LetterName.MODERATE, facts, language=language).sms

    assert is_gsm7(said)
    assert segments(said) == 1
    assert "482193" in said
    assert facts["page"] in said


@pytest.mark.parametrize("letter", list(LetterName))
def test_a_letter_is_a_folder_of_four_templates(letter: LetterName) -> None:
    folder = ROOT / "notifications/templates" / letter

    assert {path.name for path in folder.iterdir()} == set(PARTS)


def test_a_time_is_told_with_its_zone() -> None:
    moment = datetime(2027, 1, 31, 8, 0, tzinfo=UTC)
    paris = ZoneInfo("Europe/Paris")

    assert "9:00" in format_moment(moment, Language.ENGLISH, paris)
    assert format_moment(moment, Language.GERMAN, paris).endswith("MEZ")
    assert "31 janv. 2027" in format_moment(moment, Language.FRENCH, paris)
