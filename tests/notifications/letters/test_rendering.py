"""Letters are rendered in three languages, from our templates or from an operator's."""

import re
from pathlib import Path
from typing import get_args

import pytest
from jinja2 import UndefinedError

from models import Language, LetterName
from notifications.letters.rendering import PARTS, TEMPLATES, RenderedLetter
from notifications.letters.samples import samples
from notifications.sms.gsm7 import is_gsm7, segments
from settings.types import SmsDecision

MODERATE = LetterName.MODERATE

# Words of the English letters and samples that no other language of ours has.
ENGLISH = {
    "the",
    "with",
    "your",
    "you",
    "Reason",
    "Hello",
    "copies",
    "every",
    "ended",
    "Sunday",
    "announce",
}


def subject(templates_dir: Path, list_name: str | None = None) -> str:
    """Render the subject of a letter with the templates of this folder."""
    return RenderedLetter(
        MODERATE,
        samples(Language.ENGLISH)[MODERATE],
        language=Language.ENGLISH,
        list_name=list_name,
        templates_dir=templates_dir,
    ).subject


def write(folder: Path, text: str) -> None:
    """Create a template of the letter's subject."""
    (folder / MODERATE).mkdir(parents=True)
    (folder / MODERATE / "subject.txt").write_text(text)


def sample_letters(language: Language) -> list[RenderedLetter]:
    """Return one letter of each kind."""
    return [
        RenderedLetter(name, variables, language=language)
        for name, variables in samples(language).items()
    ]


def test_every_part_of_every_letter_can_be_rendered() -> None:
    for language in Language:
        letters = sample_letters(language)

        assert len(letters) == len(LetterName)
        for letter in letters:
            assert all([letter.subject, letter.text, letter.html, letter.sms])
            assert "\n" not in letter.subject
            assert f'lang="{language}"' in letter.html


@pytest.mark.parametrize("language", [Language.FRENCH, Language.GERMAN])
def test_a_sample_contains_no_english(language: Language) -> None:
    parts = [
        part
        for letter in sample_letters(language)
        for part in (letter.subject, letter.text, letter.sms)
    ]

    assert [part for part in parts if ENGLISH & {*re.split("[,:\\s]+", part)}] == []


def test_the_question_fits_into_one_sms() -> None:
    for language in Language:
        for policy in get_args(SmsDecision):
            for letter in [MODERATE, LetterName.REMINDER, LetterName.NOT_UNDERSTOOD]:
                long = {"subject": "Ein sehr langer Betreff: " * 9}
                # A deputy reads in a second segment for whom they answer.
                variables = {
                    **samples(language)[letter],
                    **long,
                    "sms_decision": policy,
                    "absence": None,
                }

                sms = RenderedLetter(letter, variables, language=language).sms

                assert is_gsm7(sms)
                assert segments(sms) == 1
                assert variables["page"] in sms


def test_an_sms_says_what_a_reply_by_sms_may_do() -> None:
    facts = samples(Language.ENGLISH)[MODERATE]
    ends = {
        policy: RenderedLetter(
            MODERATE, {**facts, "sms_decision": policy}, language=Language.ENGLISH
        ).sms.partition(" to announce. ")[2]
        for policy in get_args(SmsDecision)
    }

    page = "https://listgate.example.org/requests/12"
    assert ends == {
        "allow": f"Answer OK 482193 or NO 482193 reason. Read: {page}",
        "after_view": f"Read it first, then answer OK 482193 or NO 482193 reason: {page}",
        "off": f"Read and answer: {page}",
    }


def test_a_letter_is_a_folder_of_four_templates() -> None:
    folders = {name: {path.name for path in (TEMPLATES / name).iterdir()} for name in LetterName}

    assert folders == {name: {*PARTS} for name in LetterName}


def test_an_operators_template_takes_precedence(tmp_path: Path) -> None:
    write(tmp_path, "Please look: {{ subject }}")

    assert subject(tmp_path).startswith("Please look: General assembly")


def test_a_lists_template_takes_precedence_over_the_general_one(tmp_path: Path) -> None:
    write(tmp_path, "general")
    write(tmp_path / "announce", "for announce")

    assert subject(tmp_path, "announce") == "for announce"
    assert subject(tmp_path, "staff") == "general"


def test_a_part_that_is_not_overridden_is_ours(tmp_path: Path) -> None:
    write(tmp_path, "general")

    letter = RenderedLetter(
        MODERATE,
        samples(Language.ENGLISH)[MODERATE],
        language=Language.ENGLISH,
        templates_dir=tmp_path,
    )

    assert "needs an approver's answer" in letter.text.replace("\n", " ")


def test_a_misspelt_variable_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, "{{ subjekt }}")

    with pytest.raises(UndefinedError, match="subjekt"):
        subject(tmp_path)


def test_a_template_outside_the_folder_is_not_found(tmp_path: Path) -> None:
    write(tmp_path, "general")

    assert subject(tmp_path, "../..") == "general"
