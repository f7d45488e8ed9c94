"""Takes the pictures of docs/tour.md; `make tour` keeps them, a test only looks whether it can."""

import os
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, ViewportSize

from sandbox.stack import Stack
from tests.browser.acts import subjects
from tests.browser.pictures import PICTURES, Picture
from tests.browser.seed import Seeded
from tests.browser.visits import Visits, until

PHONE: ViewportSize = {"width": 390, "height": 600}
DESK: ViewportSize = {"width": 960, "height": 500}
# Whoever reads the tour wants to see what a page is like, not all fifty lines of it.
HIGHEST = {PHONE["width"]: 2200, DESK["width"]: 1200}  # pixels, by width
COLOURS = 64  # A page has ten; the rest are the edges of letters.
A_FILE = b"ada@example.org\nLise Meitner <lise@example.org>\nno address\n"


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Where the pictures go."""
    return Path(os.environ.get("TOUR") or tmp_path)


def test_the_tour_can_be_taken(visits: Visits, running: Stack, seeded: Seeded, album: Path) -> None:
    answer = visits.link("grace", "answer", "A night among books")
    until(lambda: "Forty-one new books" in subjects(running, "edsger@example.org"))
    for picture in PICTURES:
        page = opened(visits, picture)
        page.goto(picture.path.format(**seeded._asdict(), answer=answer))
        if picture.name == "import":
            look_at_a_file(page)
        taken(page, album / f"{picture.name}.png")

    assert {f"{one.name}.png" for one in PICTURES} == {one.name for one in album.glob("*.png")}


def opened(visits: Visits, picture: Picture) -> Page:
    """The browser of whoever sees it."""
    size = PHONE if picture.phone else DESK
    scheme = "dark" if picture.dark else "light"
    if picture.who:
        return visits.page_of(picture.who, size=size, color_scheme=scheme)
    return visits.stranger(size=size, color_scheme=scheme)


def look_at_a_file(page: Page) -> None:
    """Send a file to be looked at."""
    page.get_by_label("A text file with addresses").set_input_files(
        {"name": "members.txt", "mimeType": "text/plain", "buffer": A_FILE}
    )
    page.get_by_role("button", name="Show a preview").click()
    page.get_by_text("Nothing has been changed yet.").wait_for()


def taken(page: Page, file: Path) -> None:
    """Take the picture; frames are drawn only where the window is."""
    assert page.viewport_size is not None
    highest = HIGHEST[page.viewport_size["width"]]
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({**page.viewport_size, "height": min(height, highest)})
    page.wait_for_load_state("networkidle")
    picture = Image.open(BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)
    page.context.close()
