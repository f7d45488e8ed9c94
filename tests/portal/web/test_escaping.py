"""No text that somebody wrote becomes markup: every template escapes it."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

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


@cache
def parsed(path: Path) -> nodes.Template:
    return environment_of(path).parse(path.read_text())


def environment_of(path: Path) -> Environment:
    """The environment that renders this template."""
    if PAGES in path.parents:
        return an_app().jinja_env
    return environment(Language.ENGLISH, None)


def test_there_are_templates_of_pages_and_letters() -> None:
    assert len(TEMPLATES) > 80


def test_every_template_escapes_what_it_is_given() -> None:
    assert {named(path): found for path in TEMPLATES if (found := list(unescaped(path)))} == {}


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def unescaped(path: Path) -> Iterator[str]:
    """What turns off the escaping in a template."""
    chosen = environment_of(path).autoescape
    if not (chosen(path.name) if callable(chosen) else chosen):
        yield "its name"
    for node in parsed(path).find_all(
        (nodes.Filter, nodes.ScopedEvalContextModifier, nodes.EvalContextModifier)
    ):
        if not isinstance(node, nodes.Filter) or node.name == "safe":
            yield f"line {node.lineno}"


def test_text_is_declared_to_be_markup_only_where_it_is_listed() -> None:
    found = {
        named(path): len(re.findall(r"\bMarkup\(", path.read_text()))
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


def test_a_sentence_with_an_angle_bracket_is_escaped() -> None:
    found = {named(path): set(unescaped_sentences(path)) for path in TEMPLATES}

    assert {path: sentences for path, sentences in found.items() if sentences} == {}
