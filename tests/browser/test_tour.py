"""Takes the pictures of docs/tour.md: `make tour` stores them, a test run discards them."""

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
from tests.browser.visits import Visits
from tests.waiting import wait_for

PHONE: ViewportSize = {"width": 390, "height": 600}
DESK: ViewportSize = {"width": 960, "height": 500}
# Long pages are cut: a reader of the tour needs no table of fifty lines.
MAX_HEIGHTS = {PHONE["width"]: 2200, DESK["width"]: 1200}  # pixels, by width
COLOURS = 64  # A page has ten; the rest are the edges of letters.
A_FILE = b"ada@example.org\nLise Meitner <lise@example.org>\nno address\n"


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """The folder of the pictures."""
    return Path(os.environ.get("TOUR") or tmp_path)


def test_the_tour_can_be_taken(visits: Visits, running: Stack, seeded: Seeded, album: Path) -> None:
    answer = visits.link("grace", "answer", "A night among books")
    wait_for("the copy", lambda: "Forty-one new books" in subjects(running, "edsger@example.org"))
    for picture in PICTURES:
        page = opened(visits, picture)
        page.goto(picture.path.format(**seeded._asdict(), answer=answer))
        if picture.name == "import":
            preview_an_import(page)
        take(page, album / f"{picture.name}.png")

    assert {f"{one.name}.png" for one in PICTURES} == {one.name for one in album.glob("*.png")}


def opened(visits: Visits, picture: Picture) -> Page:
    """Return a page of the person who sees it."""
    size = PHONE if picture.phone else DESK
    scheme = "dark" if picture.dark else "light"
    if picture.who:
        return visits.page_of(picture.who, size=size, color_scheme=scheme)
    return visits.anonymous(size=size, color_scheme=scheme)


def preview_an_import(page: Page) -> None:
    """Upload a file and wait for its preview."""
    page.get_by_label("A text file with addresses").set_input_files(
        {"name": "members.txt", "mimeType": "text/plain", "buffer": A_FILE}
    )
    page.get_by_role("button", name="Show a preview").click()
    page.get_by_text("Nothing has been changed yet.").wait_for()


def take(page: Page, file: Path) -> None:
    """Take the picture with a window as high as the page: Chromium draws only visible frames."""
    assert page.viewport_size is not None
    max_height = MAX_HEIGHTS[page.viewport_size["width"]]
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({**page.viewport_size, "height": min(height, max_height)})
    page.wait_for_load_state("networkidle")
    picture = Image.open(BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)
    page.context.close()
