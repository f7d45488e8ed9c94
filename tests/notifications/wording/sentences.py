"""All sentences that babel finds in the code and templates, and their translations."""

import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir

from models import Language, Refusal
from notifications.wording.languages import translations
from portal.app import app
from workflows import tasks

ROOT = Path(__file__).parents[3]

# The mappings that `make catalogs` uses.
MAPPINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["babel"]["mappings"]
METHODS = [(pattern, each["method"]) for each in MAPPINGS for pattern in each["pattern"]]
OPTIONS = {pattern: each for each in MAPPINGS for pattern in each["pattern"]}

# A sentence, or its singular and plural.
Sentence = str | tuple[str, str]


def refusals(kind: type[Refusal] = Refusal) -> Iterator[str]:
    """Yield the names of all refusals, whose first argument is a sentence."""
    assert app, "importing the portal and the tasks defines every refusal"
    assert tasks.letter_context
    yield kind.__name__
    for one in kind.__subclasses__():
        yield from refusals(one)


@cache
def sentences(layer: str = "") -> frozenset[Sentence]:
    """Return every sentence of letters, pages and refusals, or those of one layer."""
    keywords = {**DEFAULT_KEYWORDS, **dict.fromkeys(refusals())}
    return frozenset(
        sentence if isinstance(sentence, str) else sentence[:2]  # type: ignore[misc]
        for path, _, sentence, *_ in extract_from_dir(ROOT, METHODS, OPTIONS, keywords)
        if path.startswith(layer)
    )


def forms(sentence: Sentence) -> tuple[str, ...]:
    """Return the sentence, or its singular and plural."""
    return (sentence,) if isinstance(sentence, str) else sentence


def translated(sentence: Sentence, language: Language) -> list[str]:
    """Return the translation, or one for each plural form of the language."""
    catalog = translations(language)
    if isinstance(sentence, str):
        return [catalog.gettext(sentence)]
    return [catalog.ngettext(*sentence, number) for number in (0, 1, 2, 1_000)]
