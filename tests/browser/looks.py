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
PHONES = (320, 360, 390)  # CSS pixels: the width that WCAG 1.4.10 asks for, and two of today
# What is cut off or has to be scrolled sideways, in the document or in a part of it; and words that
# are broken although the page is wide enough for them.  An address has no letters only, and a URL,
# which may be longer than a line, no words.
MEASURE = """() => {
    const found = [], room = document.querySelector("main").clientWidth * 0.8;
    const cut = (one) => one && (getComputedStyle(one).clipPath === "inset(50%)" ||
        one.matches(".skip") || cut(one.parentElement));
    const shown = (one) => one.checkVisibility({visibilityProperty: true}) && !cut(one);
    for (const one of document.querySelectorAll("details")) one.open = true;
    for (const one of document.querySelectorAll("body, body *")) {
        if (!shown(one)) continue;
        const style = getComputedStyle(one), box = one.getBoundingClientRect();
        if (["auto", "scroll", "hidden"].includes(style.overflowX) && box.width > 1 &&
            one.scrollWidth > one.clientWidth + 1)
            found.push(`${one.tagName} scrolls: ${one.scrollWidth} > ${one.clientWidth}`);
        if (box.width && box.right > innerWidth + 1)
            found.push(`ends at ${Math.round(box.right)}: ${one.outerHTML.slice(0, 80)}`);
    }
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const text = texts.currentNode;
        if (!shown(text.parentElement) || text.parentElement.closest("option, textarea")) continue;
        const words = text.data.replace(/https?:\\S+/g, (url) => "_".repeat(url.length));
        for (const word of words.matchAll(/\\p{L}{2,}/gu)) {
            const range = document.createRange();
            range.setStart(text, word.index);
            range.setEnd(text, word.index + word[0].length);
            const boxes = [...range.getClientRects()];
            const lines = new Set(boxes.map((box) => Math.round(box.top)));
            const width = boxes.reduce((sum, box) => sum + box.width, 0);
            if (lines.size > 1 && width < room) found.push(`broken: ${word[0]}`);
        }
    }
    return [...new Set(found)];
}"""


def violations(page: Page) -> list[Any]:
    """Return the violations on the page that is open."""
    found: list[Any] = []
    page.evaluate(AXE)
    for colours, width in DISPLAYS:
        page.emulate_media(color_scheme=colours)
        page.set_viewport_size({"width": width, "height": 800})
        rules = None if (colours, width) == DISPLAYS[0] else VISUAL_RULES
        found += [(colours, width, one) for one in page.evaluate(RUN_AXE, rules)]
    return found + violations_on_phones(page)


def violations_on_phones(page: Page) -> list[Any]:
    """Return what does not fit on telephones, with every menu open."""
    found: list[Any] = []
    for width in PHONES:
        page.set_viewport_size({"width": width, "height": 800})
        found += [(width, one) for one in page.evaluate(MEASURE)]
    return found


def violations_in_frame(page: Page) -> list[Any]:
    """Return the violations of the rules that Listgate, not the author, must follow in a frame."""
    page.evaluate(AXE)
    found: list[Any] = page.evaluate(
        RUN_AXE, ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    )
    return found
