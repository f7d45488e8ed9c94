"""Operators put their own templates before ours."""

from pathlib import Path

import pytest
from jinja2 import UndefinedError

from models import Language, LetterName
from notifications.letters.rendering import RenderedLetter
from notifications.letters.samples import samples

MODERATE = LetterName.MODERATE


def subject(templates_dir: Path, list_name: str | None = None) -> str:
    """The subject that this folder leads to."""
    return RenderedLetter(
        MODERATE,
        samples(Language.ENGLISH)[MODERATE],
        language=Language.ENGLISH,
        list_name=list_name,
        templates_dir=templates_dir,
    ).subject


def write(folder: Path, text: str) -> None:
    """Make a template for the letter's subject."""
    (folder / MODERATE).mkdir(parents=True)
    (folder / MODERATE / "subject.txt").write_text(text)


def test_ones_own_template_counts_before_ours(tmp_path: Path) -> None:
    write(tmp_path, "Please look: {{ subject }}")

    assert subject(tmp_path).startswith("Please look: General assembly")


def test_a_lists_own_template_counts_before_the_general_one(tmp_path: Path) -> None:
    write(tmp_path, "general")
    write(tmp_path / "announce", "for announce")

    assert subject(tmp_path, "announce") == "for announce"
    assert subject(tmp_path, "staff") == "general"


def test_what_is_not_overridden_stays_ours(tmp_path: Path) -> None:
    write(tmp_path, "general")

    said = RenderedLetter(
        MODERATE,
        samples(Language.ENGLISH)[MODERATE],
        language=Language.ENGLISH,
        templates_dir=tmp_path,
    )

    assert "needs an approver's answer" in said.text.replace("\n", " ")


def test_a_misspelt_fact_is_an_error_and_no_gap(tmp_path: Path) -> None:
    write(tmp_path, "{{ subjekt }}")

    with pytest.raises(UndefinedError, match="subjekt"):
        subject(tmp_path)


def test_a_template_cannot_be_found_above_its_folder(tmp_path: Path) -> None:
    write(tmp_path, "general")

    assert subject(tmp_path, "../..") == "general"
