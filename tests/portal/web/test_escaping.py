"""No text that somebody wrote becomes markup: every template escapes it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from models import Language
from notifications.letters.rendering import environment
from notifications.wording.languages import translations
from tests.notifications.wording.sentences import ROOT
from tests.portal.visitors import an_app

PAGES = ROOT / "portal" / "templates"
LETTERS = ROOT / "notifications" / "templates"
HTML = sorted([*PAGES.rglob("*"), *LETTERS.rglob("*.html")])
TEMPLATES = [path for path in HTML if path.is_file()]

# Each place where text is declared to be markup, and why it is.
MARKUP = {
    "portal/web/templating.py": {"when": "a <time> element, whose contents are escaped"},
}


def parsed(path: Path) -> nodes.Template:
    return environment_of(path).parse(path.read_text())


def environment_of(path: Path) -> Environment:
    """The environment that renders this template."""
    if PAGES in path.parents:
        return an_app().jinja_env
    return environment(Language.ENGLISH, None)


def test_there_are_templates_of_pages_and_letters() -> None:
    assert len(TEMPLATES) > 80


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_template_escapes_what_it_is_given(path: Path) -> None:
    chosen = environment_of(path).autoescape
    filters = {node.name for node in parsed(path).find_all(nodes.Filter)}
    turned = list(
        parsed(path).find_all((nodes.ScopedEvalContextModifier, nodes.EvalContextModifier))
    )

    assert chosen(path.name) if callable(chosen) else chosen
    assert "safe" not in filters
    assert turned == []


def test_text_is_declared_to_be_markup_only_where_it_is_listed() -> None:
    found = {
        str(path.relative_to(ROOT)): len(re.findall(r"\bMarkup\(", path.read_text()))
        for layer in ("models", "notifications", "workflows", "portal")
        for path in (ROOT / layer).rglob("*.py")
        if "Markup(" in path.read_text()
    }

    assert found == {path: len(places) for path, places in MARKUP.items()}


def unescaped_sentences(path: Path) -> Iterator[str]:
    """Sentences of the template, or their translations, that would be rendered as markup.

    gettext returns markup, so that its placeholders are escaped and the sentence is not.
    """
    tree = parsed(path)
    # Not `escape`, which leaves markup as it is.
    escaped = {id(node.node) for node in tree.find_all(nodes.Filter) if node.name == "forceescape"}
    for call in tree.find_all(nodes.Call):
        name = getattr(call.node, "name", "")
        if name not in {"_", "gettext", "ngettext"} or id(call) in escaped:
            continue
        for sentence in call.args[: 2 if name == "ngettext" else 1]:
            if not isinstance(sentence, nodes.Const):
                yield "a sentence from elsewhere"
            elif any(re.search("[<>&]", each) for each in in_each_language(sentence.value)):
                yield sentence.value


def in_each_language(sentence: str) -> list[str]:
    return [sentence, *(translations(language).gettext(sentence) for language in Language)]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_sentence_with_an_angle_bracket_is_escaped(path: Path) -> None:
    assert set(unescaped_sentences(path)) == set()
