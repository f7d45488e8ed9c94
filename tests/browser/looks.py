"""Looks at a page with axe-core, in every way to show it."""

from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Page

AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text()
# Frames are documents of their own, which are opened by themselves: no script runs in ours.
LOOK = """async (rules) => (await axe.run(document, {
    iframes: false, resultTypes: ["violations"], rules: {"target-size": {enabled: true}},
    ...(rules ? {runOnly: rules} : {}),
})).violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(" ")}`)"""
# What a page is, neither its colours nor its width change: one look with all rules says it, in
# each language.  These rules ask what it looks like, so they are asked in every way to show it.
OF_LOOKS = ["color-contrast", "link-in-text-block", "target-size", "scrollable-region-focusable"]
WAYS: tuple[tuple[Literal["light", "dark"], int], ...] = (
    ("light", 1280),
    ("dark", 1280),
    ("dark", 320),
    ("light", 320),
)


def faults(page: Page) -> list[Any]:
    """What is wrong with the page that is open."""
    found: list[Any] = []
    page.evaluate(AXE)
    for colours, width in WAYS:
        page.emulate_media(color_scheme=colours)
        page.set_viewport_size({"width": width, "height": 800})
        rules = None if (colours, width) == WAYS[0] else OF_LOOKS
        found += [(colours, width, one) for one in page.evaluate(LOOK, rules)]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append((colours, width, "wider than the window"))
    return found


def faults_of_frame(page: Page) -> list[Any]:
    """What is wrong with the document around an author's words; the rest is the author's."""
    page.evaluate(AXE)
    found: list[Any] = page.evaluate(LOOK, ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"])
    return found
