"""The walks of CONTRIBUTING.md are true: each file exists and is reached as its step says.

A step is reached if the step before imports it by itself; if an earlier step does, of which the
text says so, `(from 3)`; or if it declares the Celery task that the text names, `(task a.b)`, and
an earlier step publishes that name.  Imports of imports do not count: most modules would be
reached from most others.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import pytest

from tests.builders import ROOT

PAGE = (ROOT / "CONTRIBUTING.md").read_text()
WALK = re.compile(r"^### (?P<title>.+)\n(?P<steps>(?:(?!^#).*\n)*)", re.MULTILINE)
STEP = re.compile(
    r"^(?P<number>\d+)\. `(?P<file>[\w/]+\.py)`"
    r"(?: \(from (?P<origin>\d+)\)| \(task `(?P<task>[\w.]+)`\))?: ",
    re.MULTILINE,
)


class Step(NamedTuple):
    """One file of a walk; `origin` is the step that leads here, counted from 1."""

    file: str
    origin: int
    task: str | None


def walks() -> dict[str, list[Step]]:
    """Every walk, by its title."""
    section = PAGE.split("\n## Three walks\n")[1].split("\n## ")[0]
    return {walk["title"]: list(steps(walk["steps"])) for walk in WALK.finditer(section + "\n")}


def steps(text: str) -> Iterator[Step]:
    """The numbered lines of one walk."""
    for number, found in enumerate(STEP.finditer(text), 1):
        assert int(found["number"]) == number
        yield Step(found["file"], int(found["origin"] or number - 1), found["task"])


@cache
def imported(file: str) -> frozenset[str]:
    """The files that this one imports itself, at its top or through a package's `__init__`."""
    files: set[str] = set()
    for node in ast.parse((ROOT / file).read_text()).body:
        if isinstance(node, ast.Import):
            files |= {path for alias in node.names if (path := located(alias.name))}
        elif isinstance(node, ast.ImportFrom) and node.module:
            files |= {path for each in node.names if (path := source(node.module, each.name))}
    return frozenset(files)


def source(module: str, name: str) -> str | None:
    """The file that a name comes from: a submodule, the module, or what a package re-exports."""
    if submodule := located(f"{module}.{name}"):
        return submodule
    file = located(module)
    if file is None or not file.endswith("/__init__.py"):
        return file
    for node in ast.parse((ROOT / file).read_text()).body:
        if isinstance(node, ast.ImportFrom) and node.module and name in names(node):
            return located(node.module)
    return file


def names(node: ast.ImportFrom) -> set[str]:
    """The names that an import binds."""
    return {alias.asname or alias.name for alias in node.names}


def located(module: str) -> str | None:
    """Return the file of one of our modules."""
    stem = module.replace(".", "/")
    candidates = (f"{stem}.py", f"{stem}/__init__.py")
    return next((file for file in candidates if (ROOT / file).is_file()), None)


@cache
def words(file: str) -> frozenset[str]:
    """Every string in a file."""
    nodes = ast.walk(ast.parse((ROOT / file).read_text()))
    return frozenset(
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


@cache
def declared_tasks(file: str) -> frozenset[str]:
    """The names of the Celery tasks that a file declares: `@app.task(name=…)`."""
    return frozenset(
        ast.literal_eval(keyword.value)
        for node in ast.walk(ast.parse((ROOT / file).read_text()))
        if isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call)
        for keyword in decorator.keywords
        if keyword.arg == "name"
    )


def unreached(walk: Sequence[Step]) -> list[str]:
    """The files that no earlier step leads to as the text says."""
    return [
        step.file
        for before, step in enumerate(walk)
        if before and not is_reached(walk[:before], step)
    ]


def is_reached(before: Sequence[Step], step: Step) -> bool:
    """Whether an earlier step publishes the step's task, or the one it names imports its file."""
    if step.task is not None:
        published = any(step.task in words(each.file) for each in before)
        return published and step.task in declared_tasks(step.file)
    return step.file in imported(before[step.origin - 1].file)


def test_there_are_three_walks_of_at_most_ten_files() -> None:
    assert len(walks()) == 3
    assert [title for title, walk in walks().items() if not 5 <= len(walk) <= 10] == []


@pytest.mark.parametrize("title", walks())
def test_every_file_of_a_walk_exists(title: str) -> None:
    assert [step.file for step in walks()[title] if not (ROOT / step.file).is_file()] == []


@pytest.mark.parametrize("title", walks())
def test_every_step_of_a_walk_is_reached_from_an_earlier_one(title: str) -> None:
    assert unreached(walks()[title]) == []


@pytest.mark.parametrize("title", walks())
def test_a_walk_with_two_steps_swapped_is_detected(title: str) -> None:
    walk = walks()[title]

    for first, second in pairwise(range(len(walk))):
        swapped = list(walk)
        swapped[first] = walk[first]._replace(file=walk[second].file)
        swapped[second] = walk[second]._replace(file=walk[first].file)

        assert unreached(swapped), (walk[first].file, walk[second].file)


@pytest.mark.parametrize("title", walks())
def test_a_missing_step_is_detected(title: str) -> None:
    walk = walks()[title]
    needed = {step.origin for step in walk[1:] if step.task is None}

    assert needed
    for number in needed:
        stub = walk[number - 1]._replace(file="workflows/logs.py")

        assert unreached([*walk[: number - 1], stub, *walk[number:]])


def test_every_file_and_folder_that_the_page_names_exists() -> None:
    named = set(re.findall(r"`((?:[\w.-]+/)+(?:[\w-]+\.\w+)?)`", PAGE))

    assert named
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []
