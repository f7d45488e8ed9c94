"""The arguments of a request: from its path, its query or its JSON body, and its headers."""

import json
import re
from functools import cache
from typing import Any, NoReturn

from flask import request
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from models import Invalid
from models.ids import MAX_ID
from portal.api.paths import part
from portal.api.routes import NOT_IN_BODY, Route, changes
from workflows.public.call import Arguments
from workflows.public.declare import Operation

# A string of RFC 8941 (3.3.3), as draft-ietf-httpapi-idempotency-key-header demands.
QUOTED = re.compile(r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')

# A number with more is no argument, and takes long to read.
DIGITS = len(str(MAX_ID)) + 1


def arguments_of(operation: Operation, route: Route, in_path: dict[str, str]) -> dict[str, Any]:
    """Return the arguments as JSON would give them; the operation validates them.

    Raises Invalid, or BadRequest, RequestEntityTooLarge or UnsupportedMediaType for the body.
    """
    given = in_body(operation, route) if route.has_body else in_query(operation)
    misplaced = sorted(given.keys() & {*in_path, *NOT_IN_BODY})
    if misplaced:
        raise Invalid(
            "The path or a header names %(names)s, so the body or the query cannot.",
            names=", ".join(misplaced),
        )
    given |= {name: typed(operation, name, part(text)) for name, text in in_path.items()}
    if changes(operation):
        given["idempotency_key"] = idempotency_key()
    return given


def idempotency_key() -> str:
    """Return the key of the header, without the quotes around it; raise Invalid without one."""
    header = request.headers.get("Idempotency-Key")
    if not header:
        raise Invalid(
            "Send a header Idempotency-Key of 1 to 200 characters, new for each thing asked."
        )
    quoted = QUOTED.fullmatch(header)
    return re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else header


def in_body(operation: Operation, route: Route) -> dict[str, Any]:
    """Return the JSON object in the body; without a body, an empty one.

    Where a body may be text/csv, the query has the other arguments, also beside JSON: a `dry_run`
    must not be ignored.
    """
    request.max_content_length = route.max_body
    body = request.get_data(cache=False)
    if not body:
        return {}
    beside = in_query(operation) if route.csv else {}
    if route.csv and request.mimetype == "text/csv":
        return {**beside, route.csv: text_of(body)}
    if request.mimetype != "application/json":
        raise UnsupportedMediaType
    return {**beside, **json_object(text_of(body))}


def text_of(body: bytes) -> str:
    """Return the body as text; raise BadRequest if it is not UTF-8."""
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise BadRequest from None


def json_object(text: str) -> dict[str, Any]:
    """Return the JSON object in the text; raise BadRequest if there is none."""
    try:
        read = json.loads(text, parse_constant=refuse_constant)
    except (ValueError, RecursionError):
        raise BadRequest from None
    if not isinstance(read, dict):
        raise BadRequest
    return read


def refuse_constant(name: str) -> NoReturn:
    """Refuse NaN and Infinity, which are no JSON (RFC 8259, 6)."""
    raise ValueError(name)


def in_query(operation: Operation) -> dict[str, Any]:
    """Return the parameters of the query; raise Invalid if one is there twice."""
    twice = sorted(name for name, texts in request.args.lists() if len(texts) > 1)
    if twice:
        raise Invalid("The query names %(names)s twice.", names=", ".join(twice))
    return {name: typed(operation, name, text) for name, text in request.args.items()}


def typed(operation: Operation, name: str, text: str) -> Any:
    """Return a number or a truth value where the argument may be one and the text is; else it."""
    kinds = kinds_of(operation.arguments).get(name, frozenset())
    if "boolean" in kinds:
        return {"true": True, "false": False}.get(text, text)
    if "integer" in kinds and text.isascii() and text.isdecimal() and len(text) <= DIGITS:
        return int(text)
    return text


@cache
def kinds_of(arguments: type[Arguments]) -> dict[str, frozenset[str]]:
    """Return the JSON types that each argument may have."""
    return {
        name: frozenset(one.get("type", "") for one in schema.get("anyOf", [schema]))
        for name, schema in arguments.model_json_schema()["properties"].items()
    }
