"""Rules for the code itself: sizes, names, imports, one page of tasks."""

import ast
import gc
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path
from statistics import quantiles

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = [
    "settings",
    "models",
    "notifications",
    "workflows",
    "portal",
    "sandbox",
    "clients",
    "docs",
    "benchmarks",
]
CODE = sorted(
    [
        *chain.from_iterable((ROOT / layer).rglob("*.py") for layer in LAYERS),
        ROOT / "celeryconfig.py",
    ]
)
TESTS = sorted((ROOT / "tests").rglob("*.py"))
VAGUE = {
    "common",
    "core",
    "data",
    "handler",
    "handlers",
    "helper",
    "helpers",
    "info",
    "manager",
    "managers",
    "processor",
    "processors",
    "util",
    "utils",
}

# To parse a file takes much longer than to search it.
INDENTED_IMPORT = re.compile(r"^[ \t]+(?:import|from \S+ import) ", re.MULTILINE)
IMPORT_OF_TESTS = re.compile(r"^from tests.* import (?:\([^)]*\)|.*)$", re.MULTILINE)

Function = ast.FunctionDef | ast.AsyncFunctionDef
SEEN = Function | ast.Import | ast.ImportFrom | ast.Assign


@pytest.fixture(scope="module", autouse=True)
def trees_live_as_long_as_this_module() -> Iterator[None]:
    """A million nodes: the garbage collector would look at each of them again and again."""
    gc.disable()
    yield
    text_of.cache_clear()
    tree_of.cache_clear()
    nodes_of.cache_clear()
    gc.enable()


@cache
def text_of(path: Path) -> str:
    return path.read_text()


def lines(path: Path) -> int:
    return len(text_of(path).splitlines())


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(text_of(path))


@cache
def nodes_of(path: Path) -> list[ast.AST]:
    """Return the kinds of nodes that rules look for: walking a tree takes longer than parsing."""
    return [node for node in ast.walk(tree_of(path)) if isinstance(node, SEEN)]


def functions_of(path: Path) -> list[Function]:
    return [node for node in nodes_of(path) if isinstance(node, Function)]


def trees(paths: list[Path]) -> Iterator[tuple[Path, ast.Module]]:
    for path in paths:
        yield path, tree_of(path)


def functions(paths: list[Path]) -> Iterator[tuple[str, Function]]:
    for path in paths:
        for function in functions_of(path):
            yield f"{path.relative_to(ROOT)}:{function.name}", function


def length(function: Function) -> int:
    """The lines of a body; its docstring is not code."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body and body[-1].end_lineno else 0


def test_modules_are_short() -> None:
    assert [str(path) for path in CODE if lines(path) > 400] == []
    assert [str(path) for path in TESTS if lines(path) > 600] == []


def test_functions_are_short() -> None:
    lengths = {name: length(function) for name, function in functions(CODE)}

    assert quantiles(lengths.values(), n=10)[-1] <= 25
    assert [name for name, size in lengths.items() if size > 30] == []


def test_the_body_of_a_task_has_at_most_five_lines() -> None:
    tasks = dict(functions([ROOT / "workflows/tasks.py"]))
    bodies = {name: length(task) for name, task in tasks.items() if task.decorator_list}

    assert bodies
    assert {name: size for name, size in bodies.items() if size > 5} == {}


def test_every_module_says_what_it_is_for() -> None:
    begin_otherwise = [path for path in [*CODE, *TESTS] if not text_of(path).startswith('"""')]
    silent = [
        str(path)
        for path, tree in trees(begin_otherwise)
        if tree.body and not ast.get_docstring(tree)
    ]

    assert silent == []


def test_nothing_has_a_vague_name() -> None:
    tracked = [path.relative_to(ROOT) for path in [*CODE, *TESTS]]

    assert [str(path) for path in tracked if VAGUE & {*path.with_suffix("").parts}] == []


def test_imports_are_at_the_top_of_a_module() -> None:
    indented = [path for path in [*CODE, *TESTS] if INDENTED_IMPORT.search(text_of(path))]
    inside = [
        f"{path}:{node.lineno}"
        for path in indented
        for node in nodes_of(path)
        if isinstance(node, ast.Import | ast.ImportFrom) and node.col_offset
    ]

    assert inside == []


def test_no_test_module_imports_another() -> None:
    imports = [
        f"{path.relative_to(ROOT)}: {one}"
        for path in TESTS
        for one in IMPORT_OF_TESTS.findall(text_of(path))
        if "test_" in one
    ]

    assert imports == []


def test_no_import_is_for_type_checkers_only() -> None:
    guarded = [
        path
        for path in [*CODE, *TESTS]
        if path != Path(__file__) and "TYPE_CHECKING" in text_of(path)
    ]

    assert guarded == []


def test_functions_take_keywords_after_the_third_argument() -> None:
    crowded = []
    for name, function in functions(CODE):
        if function.decorator_list or function.name.startswith("handle_"):
            continue  # a library calls it, in its own way
        given = [a.arg for a in [*function.args.posonlyargs, *function.args.args]]
        if len([a for a in given if a not in {"self", "cls", "session"}]) > 3:
            crowded.append(name)

    assert crowded == []


def test_the_configuration_of_celery_reads_settings_only() -> None:
    ((_, tree),) = trees([ROOT / "celeryconfig.py"])

    assert imported(tree) & {*LAYERS} <= {"settings"}


def test_every_verb_is_under_the_import_rules() -> None:
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    ruled = {name for contract in rules["contracts"] for name in contract.get("source_modules", [])}

    folders = {path.relative_to(ROOT / "workflows").with_suffix("").parts[0] for path in verbs()}
    assert {f"workflows.{folder}" for folder in folders} <= ruled


def test_no_verb_reads_the_environment() -> None:
    # The reaper is a program of its own.
    inside = [path for path in verbs() if path.name != "reaper.py"]

    assert [str(path) for path, tree in trees(inside) if from_os(tree)] == []


def test_a_verb_never_commits() -> None:
    committing = [
        str(path) for path in CODE if ".commit()" in text_of(path) or ".rollback()" in text_of(path)
    ]

    assert committing == []


def test_only_lifecycle_changes_a_state() -> None:
    changing = [
        str(path.relative_to(ROOT))
        for path in CODE
        for node in nodes_of(path)
        if isinstance(node, ast.Assign)
        and any(isinstance(t, ast.Attribute) and t.attr == "state" for t in node.targets)
    ]

    assert changing == []


def verbs() -> list[Path]:
    """The modules of workflows/ except those between a verb and the queue."""
    plumbing = {"celery", "log_lines", "logs", "malformed", "outbox", "public", "tasks"}
    around = {"__init__", "redis_client", "transaction", *plumbing}
    return [
        path
        for path in (ROOT / "workflows").rglob("*.py")
        if path.relative_to(ROOT / "workflows").with_suffix("").parts[0] not in around
    ]


def from_os(tree: ast.Module) -> set[str]:
    """What a module takes of os, where the environment is: names, or all of it."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names if alias.name.startswith("os")}
        elif isinstance(node, ast.ImportFrom) and node.module == "os":
            names |= {alias.name for alias in node.names}
    return names


def imported(tree: ast.Module) -> set[str]:
    """The first names of everything that a module imports."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names
