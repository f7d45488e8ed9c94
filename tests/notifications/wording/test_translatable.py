"""Every sentence that people read can be translated."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

from jinja2 import Environment, nodes

from tests.notifications.wording.sentences import ROOT, refusals

LAYERS = ("models", "notifications", "workflows", "portal")
MODULES = sorted(path for layer in LAYERS for path in (ROOT / layer).rglob("*.py"))
# What the command line says is for operators, in English like its help and the logs.
PAGES = [path for path in MODULES if "cli" not in path.parts and "portal" in path.parts]
TEMPLATES = sorted(
    path
    for folder in ("portal/templates", "notifications/templates")
    for path in (ROOT / folder).rglob("*.*")
)
# Attributes that a browser shows or a screen reader reads out.
SPOKEN = {"alt", "aria-label", "placeholder", "title", "data-label"}
NAMES = {"Listgate"}
CLASSES = {"secondary outline"}  # of the stylesheet
WORDS = re.compile(r"[^\W\d_]{2} [^\W\d_]")  # more than one, so it is not a name of ours
MARKS = {"_", "gettext", "ngettext"}


@cache
def calls_in(path: Path) -> list[ast.Call]:
    """Return every call in a module that has an argument."""
    tree = ast.walk(ast.parse(path.read_text()))
    return [node for node in tree if isinstance(node, ast.Call) and node.args]


def called(path: Path, names: set[str]) -> list[ast.Call]:
    """Return every call of one of these functions that has an argument."""
    return [call for call in calls_in(path) if getattr(call.func, "id", "") in names]


def is_literal(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def is_marked(node: ast.expr) -> bool:
    """Whether the text is translatable: `_("...")`, perhaps with gaps filled, or invisible."""
    sentence = node.left if isinstance(node, ast.BinOp) else node
    return not isinstance(sentence, ast.Constant | ast.JoinedStr)


def put_together(path: Path, names: set[str]) -> list[str]:
    """Calls of these whose first argument is no literal, which translators' tools do not find."""
    return [
        f"{path.name}:{call.lineno}" for call in called(path, names) if not is_literal(call.args[0])
    ]


class Words(HTMLParser):
    """Collects the text of a page, and the attributes that are read out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        # A macro's attributes stand outside of any tag.
        self.found.append(re.sub(r'[\w-]+="[^"]*"?', "", data))

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in SPOKEN and value]


def words_of(page: str) -> set[str]:
    """The words in it, without those that are the same in every language."""
    reader = Words()
    reader.feed(page)
    reader.close()
    return set(re.findall(r"[^\W\d_]{2,}", " ".join(reader.found))) - NAMES


def unmarked(template: str) -> Iterator[str]:
    """Return the text of a template outside of `_(...)`."""
    tree = Environment(autoescape=True, extensions=["jinja2.ext.i18n"]).parse(template)
    data = "".join(each.data for each in tree.find_all(nodes.TemplateData))
    yield from words_of(data)
    marked = {
        id(one)
        for call in tree.find_all(nodes.Call)
        if isinstance(call.node, nodes.Name) and call.node.name in MARKS
        for one in call.find_all(nodes.Const)
    }
    for one in tree.find_all(nodes.Const):
        if id(one) not in marked and one.value not in CLASSES and WORDS.search(str(one.value)):
            yield one.value


def test_a_refusal_is_a_literal_with_variables() -> None:
    names = set(refusals())

    assert [found for path in MODULES for found in put_together(path, names)] == []


def test_a_page_marks_only_literals_for_translation() -> None:
    assert [found for path in PAGES for found in put_together(path, {"_", "ngettext"})] == []


def test_a_page_has_no_untranslated_text() -> None:
    calls = [(path, call) for path in PAGES for call in called(path, {"say", "flash"})]
    bare = [(path, call.lineno) for path, call in calls if not is_marked(call.args[0])]

    assert len(calls) > 20
    assert bare == []


def test_a_template_has_no_untranslated_text() -> None:
    assert [(path.name, word) for path in TEMPLATES for word in unmarked(path.read_text())] == []


def test_a_forgotten_word_is_found() -> None:
    for template in [
        "<p>Hello</p>",
        '<img alt="A picture">',
        '{{ badge("not now") }}',
        "{% if late %}Too late{% endif %}",
    ]:
        assert list(unmarked(template))


def test_a_forgotten_refusal_is_found(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text('raise Invalid(f"No {x}.")\nraise Unknown(why)\nraise Invalid("No.")\n')

    found = [one.partition(":")[2] for one in put_together(module, {"Invalid", "Unknown"})]

    assert found == ["1", "2"]
