"""Check a page with axe-core, light and dark, wide and narrow."""

from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Page

AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text()
# Without frames: no script runs in them, so their documents are checked separately.
RUN_AXE = """async (rules) => (await axe.run(document, {
    iframes: false, resultTypes: ["violations"], rules: {"target-size": {enabled: true}},
    ...(rules ? {runOnly: rules} : {}),
})).violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(" ")}`)"""
# Only these rules depend on colours and width, and are checked on every display; the others are
# checked once.
VISUAL_RULES = [
    "color-contrast",
    "link-in-text-block",
    "target-size",
    "scrollable-region-focusable",
]
DISPLAYS: tuple[tuple[Literal["light", "dark"], int], ...] = (
    ("light", 1280),
    ("dark", 1280),
    ("dark", 320),
    ("light", 320),
)


def violations(page: Page) -> list[Any]:
    """Return the violations on the page that is open."""
    found: list[Any] = []
    page.evaluate(AXE)
    for colours, width in DISPLAYS:
        page.emulate_media(color_scheme=colours)
        page.set_viewport_size({"width": width, "height": 800})
        rules = None if (colours, width) == DISPLAYS[0] else VISUAL_RULES
        found += [(colours, width, one) for one in page.evaluate(RUN_AXE, rules)]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append((colours, width, "wider than the window"))
    return found


def violations_in_frame(page: Page) -> list[Any]:
    """Return the violations of the rules that Listgate, not the author, must follow in a frame."""
    page.evaluate(AXE)
    found: list[Any] = page.evaluate(
        RUN_AXE, ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    )
    return found
