"""`listgate letters`: our templates, an operator's, and those of one list."""

from pathlib import Path

import pytest

from models import LetterName
from portal.cli import letters
from settings import settings
from tests.builders import listgate

LETTER = LetterName.REJECTED


@pytest.fixture
def templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The operator's folder."""
    monkeypatch.setattr(
        letters, "settings", settings.model_copy(update={"templates_dir": tmp_path})
    )
    return tmp_path


def write(folder: Path, text: str) -> Path:
    """Replace the text of the letter in this folder; return the file."""
    file = folder / LETTER / "body.txt"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    return file


def test_a_letter_is_shown_with_the_templates_of_a_list(templates: Path) -> None:
    write(templates, "For all lists.")
    write(templates / "announce", "Only for {{ list_name }}.")

    general = listgate("letters", "show", LETTER).stdout
    own = listgate("letters", "show", LETTER, "--list", "announce").stdout

    assert "For all lists." in general
    assert "Only for Announcements." in own
    assert own.splitlines()[0].startswith("Subject: ")
    assert own.splitlines()[-1].startswith("SMS (")


def test_the_check_looks_into_the_folder_of_every_list(templates: Path) -> None:
    write(templates / "board", "Dear {{ recipient }}")
    sound = listgate("letters", "check")
    broken = write(templates / "announce", "{{ author.nothing() }}")

    checked = listgate("letters", "check")

    assert "languages render without errors, also with the templates of board." in sound.stdout
    assert checked.exit_code == 1
    assert checked.stdout.splitlines() == [
        f"The template {broken} cannot be rendered: 'str object' has no attribute 'nothing'."
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{{ nothing }}", "'nothing' is undefined"),
        ("Dear\n{% if %}", "line 2: Expected an expression, got 'end of statement block'"),
        ("{{ 1 / 0 }}", "division by zero"),
    ],
)
def test_a_broken_template_is_explained_in_one_sentence(
    templates: Path, text: str, reason: str
) -> None:
    file = write(templates / "announce", text)

    shown = listgate("letters", "show", LETTER, "--list", "announce")

    assert (shown.exit_code, shown.stdout) == (1, "")
    assert shown.stderr == f"The template {file} cannot be rendered: {reason}.\n"
