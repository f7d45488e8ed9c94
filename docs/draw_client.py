"""Draws the typed methods of clients/python from the contracts in workflows/public.

Each module of workflows/public becomes a module of the client, with a TypedDict for each answer.
"""

import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from functools import partial
from importlib import import_module
from inspect import cleandoc
from typing import Any, Final, get_args

from pydantic import BaseModel

from portal.api.routes import ROUTES
from workflows.public.declare import PUBLIC, Operation
from workflows.public.operations import OPERATIONS

PACKAGE: Final = "listgate_client.operations"
FOLDER: Final = f"clients/python/{PACKAGE.replace('.', '/')}"

# Each module gets those that it needs.
IMPORTS: Final = """
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NotRequired, TypedDict
from listgate_client.operation import Client, Operation
"""

PLAIN: Final = {
    "boolean": "bool",
    "integer": "int",
    "null": "None",
    "number": "float",
    "string": "str",
}

# Arguments that the client fills in.
CURSOR: Final = "cursor"
KEY: Final = "idempotency_key"
PARCEL: Final = "parcel"

WIDTH: Final = 92  # of a method's docstring

Schema = Mapping[str, Any]
Kind = type[BaseModel] | type[Enum]


def rooms() -> dict[str, list[Operation]]:
    """Return the operations of each module of workflows/public; all of one are tasks, or none."""
    found: dict[str, list[Operation]] = {}
    for operation in OPERATIONS.values():
        found.setdefault(room_of(operation.act), []).append(operation)
    return found


def room_of(defined: Any) -> str:
    """Return the name of the module in which something is defined."""
    return str(defined.__module__).rpartition(".")[2]


def all_rooms() -> str:
    """operations/__init__.py: a class with the methods of every room that has tasks."""
    names = sorted(name for name, found in rooms().items() if found[0].name in PUBLIC)
    return tidied(
        [
            opening("Everything that a service can do by task and by HTTP.", "workflows/public"),
            *(f"from {PACKAGE}.{name} import {class_of(name)}" for name in names),
            f"class Operations({', '.join(map(class_of, names))}):",
            '    """Listgate\'s operations."""',
        ]
    )


def all_values() -> str:
    """operations/values.py: the texts that an argument or a part of an answer can be."""
    found = {kind.__name__: kind for kind in kinds(OPERATIONS.values()) if issubclass(kind, Enum)}
    return tidied(
        [
            opening("The values that arguments and answers consist of.", "workflows/public"),
            IMPORTS,
            *(f"{name} = Literal{[one.value for one in found[name]]}" for name in sorted(found)),
        ]
    )


def room(name: str) -> str:
    """operations/NAME.py: one method for each operation, and the answers that are defined there."""
    operations, source = rooms()[name], f"workflows.public.{name}"
    purpose = (import_module(source).__doc__ or "").splitlines()[0]
    needed = {kind for kind in kinds(operations) if kind.__module__ != source}
    own = [kind for kind in kinds(OPERATIONS.values()) if kind.__module__ == source]
    return tidied(
        [
            opening(purpose, f"{source.replace('.', '/')}.py"),
            IMPORTS,
            *(f"from {PACKAGE}.{home(kind)} import {kind.__name__}" for kind in needed),
            *(f"from {PACKAGE}.values import {e.__name__}" for e in own if issubclass(e, Enum)),
            *(line for kind in own if issubclass(kind, BaseModel) for line in shape(kind)),
            *(constant(operation) for operation in operations),
            f"class {class_of(name)}(Client):",
            f'    """{purpose}"""',
            *(line for operation in operations for line in method(operation)),
        ]
    )


def class_of(room_name: str) -> str:
    """Return the name of the class with the methods of a room."""
    return room_name.title().replace("_", "")


def opening(purpose: str, source: str) -> str:
    """Return the docstring of a drawn module."""
    return f'"""{purpose}\n\nDrawn from {source} by `make fix`.\n"""'


def home(kind: Kind) -> str:
    """Return the module of the client that has a type."""
    return "values" if issubclass(kind, Enum) else room_of(kind)


def kinds(operations: Iterable[Operation]) -> list[Kind]:
    """Return the answers of operations, and what answers and arguments consist of; parts first."""
    found: dict[Kind, None] = {}
    for operation in operations:
        for field in operation.arguments.model_fields.values():
            found |= dict.fromkeys(parts(field.annotation))
        found |= dict.fromkeys(parts(operation.answer))
    return list(found)


def parts(annotation: Any) -> Iterator[Kind]:
    """Yield the models and enums of an annotation, after those that they consist of."""
    is_model = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    inner = [field.annotation for field in annotation.model_fields.values()] if is_model else []
    for part in inner or get_args(annotation):
        yield from parts(part)
    if is_model or (isinstance(annotation, type) and issubclass(annotation, Enum)):
        yield annotation


def shape(kind: type[BaseModel]) -> Iterator[str]:
    """One answer, or a part of one, as a dictionary; what has no value is not in it."""
    schema = kind.model_json_schema(mode="serialization")
    yield f"class {kind.__name__}(TypedDict):"
    yield indented('"""' + cleandoc(kind.__doc__ or "") + '"""', by=4)
    for name, about in schema["properties"].items():
        given = python(about, or_none=False).replace("datetime | str", "str")
        can_lack = nullable(about) or "default" in about
        yield f"    {name}: {f'NotRequired[{given}]' if can_lack else given}"


def constant(operation: Operation) -> str:
    """What the client has to know about an operation, beside its arguments."""
    arguments, route = operation.arguments, ROUTES[operation.name]
    private = arguments.private_fields() | {*filter(None, [arguments.text_of_parcel])}
    facts = [repr(operation.name), repr(route.method), repr(route.path)]
    facts += [f"writes={False}"] if KEY not in arguments.model_fields else []
    facts += [f"private={tuple(sorted(private))}"] if private else []
    facts += [f"text={True}"] if arguments.text_of_parcel else []
    kind = f"Operation[{operation.answer.__name__}]"
    return f"{short(operation).upper()}: {kind} = Operation({', '.join(facts)})"


def method(operation: Operation) -> Iterator[str]:
    """One method: its arguments by name, and what they mean."""
    schema = operation.arguments.model_json_schema()
    fields = {name: it for name, it in schema["properties"].items() if name not in {PARCEL, CURSOR}}
    order = {name: place for place, name in enumerate(fields)}
    required = [name for name in schema.get("required", ()) if name != KEY]
    optional = sorted(fields.keys() - {*required}, key=lambda name: (name == KEY, order[name]))
    signature = [f"{name}: {python(fields[name])}" for name in required]
    signature += [
        f"{name}: {python(fields[name], or_none=False)} | None = None" for name in optional
    ]
    answer, perform = operation.answer.__name__, "perform"
    if CURSOR in schema["properties"]:
        listed = operation.answer.model_json_schema()["properties"]["items"]["items"]
        answer, perform = f"Iterator[{python(listed)}]", "every"
    given = ", ".join(f'"{name}": {name}' for name in required)
    passed = "".join(f", {name}={name}" for name in optional)
    yield f"    def {short(operation)}(self, *, {', '.join(signature)}) -> {answer}:"
    yield indented("\n".join(docstring(operation, fields)), by=8)
    yield f"        return self.{perform}({short(operation).upper()}, {{{given}}}{passed})"


def docstring(operation: Operation, fields: Schema) -> Iterator[str]:
    """The meaning of an operation and of its arguments."""
    for paragraph in f'"""{cleandoc(operation.arguments.__doc__ or "")}'.split("\n\n"):
        yield textwrap.fill(paragraph, WIDTH, fix_sentence_endings=True)
        yield ""
    for name, about in fields.items():
        if name != KEY:
            words = f"`{name}`: {about['description']}"
            yield textwrap.fill(words, WIDTH, subsequent_indent="    ")
    yield '"""'


def nullable(schema: Schema) -> bool:
    """Whether a value may be null."""
    return any(one.get("type") == "null" for one in schema.get("anyOf", []))


def python(schema: Schema, *, or_none: bool = True) -> str:
    """Return the Python type of a JSON schema."""
    found = dict.fromkeys(map(one_type, schema.get("anyOf", [schema])))
    return " | ".join(one for one in found if or_none or one != "None")


def one_type(schema: Schema) -> str:
    """Return the type of a schema that allows one type only."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    match schema["type"]:
        case "array":
            return f"Sequence[{python(schema['items'])}]"
        case "object":
            return f"Mapping[str, {python(schema['additionalProperties'])}]"
        case "string" if schema.get("format") == "date-time":
            return "datetime | str"
        case name:
            return PLAIN[name]


def short(operation: Operation) -> str:
    """Return the name of an operation without `listgate.`."""
    return operation.name.rpartition(".")[2]


def indented(text: str, *, by: int) -> str:
    """Return the lines further to the right."""
    return textwrap.indent(text, " " * by)


def tidied(code: Iterable[str]) -> str:
    """Return code as ruff formats it, without the imports that it does not need."""
    text = "\n".join(code)
    fix = ["check", "-q", "--fix"]
    for command in ([*fix, "--select=F401"], [*fix, "--select=I"], ["format"]):
        ruff = [sys.executable, "-m", "ruff", *command, f"--stdin-filename={FOLDER}/drawn.py", "-"]
        done = subprocess.run(ruff, input=text, stdout=subprocess.PIPE, text=True, check=True)
        text = done.stdout
    return text


PAGES: Final[dict[str, Callable[[], str]]] = {
    f"{FOLDER}/__init__.py": all_rooms,
    f"{FOLDER}/values.py": all_values,
    **{f"{FOLDER}/{name}.py": partial(room, name) for name in rooms()},
}
