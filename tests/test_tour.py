"""The tour shows each of its pictures once, and no other."""

import re
from pathlib import Path

from tests.browser.pictures import PICTURES

DOCS = Path(__file__).parent.parent / "docs"
# A clone stays small, and a page with all of them opens at once.
TOGETHER = 1_500_000  # bytes


def test_the_tour_shows_each_picture_once_and_none_that_is_missing() -> None:
    shown = re.findall(r"!\[[^]]+\]\(tour/([\w-]+)\.png\)", (DOCS / "tour.md").read_text())

    assert sorted(shown) == sorted(one.stem for one in (DOCS / "tour").iterdir())
    assert sorted(shown) == sorted(one.name for one in PICTURES)


def test_the_pictures_are_small() -> None:
    assert sum(one.stat().st_size for one in (DOCS / "tour").iterdir()) < TOGETHER
