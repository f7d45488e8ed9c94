"""The catalogs: complete, consistent, inclusive; and times in each language."""

import re
from collections import Counter
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from babel.messages.pofile import read_po

from models import Language
from notifications.wording.languages import CATALOGS, format_moment
from portal.wording.refusal_fields import FIELDS
from tests.notifications.wording.sentences import forms, sentences, translated

FOREIGN = [Language.FRENCH, Language.GERMAN]

VARIABLE = re.compile(r"%\((\w+)\)[a-z]")

# Words that a language shares with English.
SHARED = {
    Language.FRENCH: {
        *("Administration", "Code", "Description", "Notifications"),
        *("Service %(service)s", "Services"),
    },
    Language.GERMAN: {"Administration", "Code", "Name", "Person", "Status"},
}

# Words that a native reader would stumble over, and the one that all catalogs and pages use.
AVOIDED = {
    Language.FRENCH: {
        "courriel": "e-mail",
        "synchronisation": "transmission",
        "planifi": "programm",
        "quatre yeux": "double contrôle",
        "abonné": "inscrit",
    },
    Language.GERMAN: {
        "erwaltung": "Administration",
        "verschickt": "versandt",
        "Brief": "E-Mail",
        "Freigeber": "Freigebende",
    },
}

# Masculine nouns for anyone, and forms of inclusive writing other than ours.  French: a neutral
# noun (une personne, l'administration), or else the median dot (abonné·e).  German: a neutral noun
# or participle (Freigebende, Administration), never a suffix.
NOT_INCLUSIVE = {
    Language.FRENCH: re.compile(
        r"\w\(\w{1,5}\)"
        r"|\b(?:abonné|adhérent|administrateur|approbateur|auteur|expéditeur|lecteur|modérateur"
        r"|rédacteur|utilisateur)s?\b(?!·)|\bceux\b",
        re.IGNORECASE,
    ),
    Language.GERMAN: re.compile(
        r"\w[*:_/·(]-?in(?:nen)?\b|\w-?Innen\b"
        r"|\b(?:Administrator|Moderator|Autor|Abonnent|Benutzer|Nutzer|Freigeber|Empfänger"
        r"|Absender|Teilnehmer|Verfasser|Leser)(?:en|s|n)?\b"
    ),
}


@pytest.mark.parametrize("language", FOREIGN)
def test_every_sentence_is_translated_with_the_same_variables(language: Language) -> None:
    found = sentences()

    assert len(found) > 60
    assert {"Approve", "Approve by mail"} < found  # of pages and of letters
    for sentence in found:
        for one in translated(sentence, language):
            assert one not in forms(sentence) or sentence in SHARED[language]
            assert sorted(VARIABLE.findall(one)) == sorted(VARIABLE.findall(forms(sentence)[-1]))


@pytest.mark.parametrize("language", FOREIGN)
def test_a_catalog_has_no_unused_sentence(language: Language) -> None:
    with (CATALOGS / f"{language}.po").open("rb") as file:
        known = {message.id for message in read_po(file) if message.id}

    assert known - sentences() == set()


def test_each_refusal_that_names_a_field_of_a_form_is_a_sentence() -> None:
    # What the forms do with them is in tests/portal/web/test_refused_fields.py.
    assert FIELDS.keys() - sentences() == set()


@pytest.mark.parametrize("language", FOREIGN)
def test_one_thing_has_one_word_in_every_language(language: Language) -> None:
    all_of_them = [one for sentence in sentences() for one in translated(sentence, language)]

    assert [(word, one) for word in AVOIDED[language] for one in all_of_them if word in one] == []


@pytest.mark.parametrize("language", FOREIGN)
def test_a_catalog_is_inclusive(language: Language) -> None:
    all_of_them = [one for sentence in sentences() for one in translated(sentence, language)]

    assert [one for one in all_of_them if NOT_INCLUSIVE[language].search(one)] == []


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (Language.FRENCH, "Une personne abonné(e)"),
        (Language.FRENCH, "Les approbateurs"),
        (Language.FRENCH, "Un administrateur"),
        (Language.FRENCH, "Utilisateurs"),
        (Language.FRENCH, "Un auteur écrit"),
        (Language.FRENCH, "Ceux qui restent"),
        (Language.GERMAN, "Benutzer bearbeiten"),
        (Language.GERMAN, "Benutzer*innen"),
        (Language.GERMAN, "Administrator(in)"),
        (Language.GERMAN, "Mitarbeiter:innen"),
        (Language.GERMAN, "den Autoren"),
    ],
)
def test_a_text_that_is_not_inclusive_is_found(language: Language, text: str) -> None:
    assert NOT_INCLUSIVE[language].search(text)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (Language.FRENCH, "%(user)s est abonné·e à la liste ; auteur·rice, refusé·e"),
        (Language.FRENCH, "Les personnes de la liste préviennent une administration."),
        (Language.GERMAN, "Die Freigebenden und die Administration, jederzeit"),
    ],
)
def test_an_inclusive_text_is_accepted(language: Language, text: str) -> None:
    assert not NOT_INCLUSIVE[language].search(text)


@pytest.mark.parametrize("language", FOREIGN)
def test_a_catalog_has_every_sentence_once(language: Language) -> None:
    catalog = (CATALOGS / f"{language}.po").read_text()
    written = re.findall(r'^msgid ((?:".*"\n)+)', catalog, re.MULTILINE)
    counts = Counter("".join(re.findall(r'"(.*)"', one)) for one in written)

    assert [sentence for sentence, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("language", FOREIGN)
def test_the_header_of_a_catalog_is_filled_in(language: Language) -> None:
    header = (CATALOGS / f"{language}.po").read_text().split("\n\n")[0]

    assert not re.search("VERSION|PROJECT|YEAR|FULL NAME|EMAIL@|LL@", header)


def test_a_time_is_formatted_with_its_zone() -> None:
    moment = datetime(2027, 1, 31, 8, 0, tzinfo=UTC)
    paris = ZoneInfo("Europe/Paris")

    assert "9:00" in format_moment(moment, Language.ENGLISH, paris)
    assert format_moment(moment, Language.GERMAN, paris).endswith("MEZ")
    assert "31 janv. 2027" in format_moment(moment, Language.FRENCH, paris)
