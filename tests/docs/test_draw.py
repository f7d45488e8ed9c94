"""The drawn pages match the code."""

import re
from datetime import timedelta

import pytest

from docs.draw import PAGES, ROOT, duration_text
from settings import Settings
from settings.types import duration as parse_duration


@pytest.mark.parametrize("name", PAGES)
def test_a_drawn_page_is_up_to_date(name: str) -> None:
    assert (ROOT / name).read_text() == PAGES[name](), "run `make fix`"


def test_the_example_names_every_setting() -> None:
    example = (ROOT / ".env.example").read_text()
    named = set(re.findall(r"^(?:# )?([A-Z_]+)=", example, re.MULTILINE))

    assert named == {name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(hours=24), "24h"),
        (timedelta(days=2), "2d"),
        (timedelta(minutes=90), "90m"),
        (timedelta(seconds=60), "60s"),
        (timedelta(seconds=1), "1s"),
    ],
)
def test_a_duration_is_drawn_as_people_write_it(duration: timedelta, text: str) -> None:
    assert duration_text(duration) == text


def test_every_example_of_a_duration_is_read_back() -> None:
    example = (ROOT / ".env.example").read_text()

    assert "REMIND_AFTER=24h" in example
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, timedelta):
            (text,) = re.findall(rf"^{name.upper()}=(.+)$", example, re.MULTILINE)
            assert parse_duration(text) == field.default
