"""The description of the HTTP API: for programs as OpenAPI, for people as a page.

Both need no log-in: they say what the source code says, and nothing of this installation.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from portal.api.openapi import PROBLEMS, description, title
from portal.api.routes import PREFIX, Route, changes, routed
from workflows.public.declare import Operation

pages = Blueprint("reference", __name__, url_prefix=PREFIX)


@dataclass(frozen=True)
class Argument:
    """One argument as the page shows it."""

    name: str
    place: str
    kind: str
    required: bool
    meaning: str


@pages.get("/openapi.json")
def openapi() -> Response:
    """Return the description for programs."""
    text = json.dumps(description(), ensure_ascii=False)
    response = Response(text, mimetype="application/json")
    response.set_etag(sha256(text.encode()).hexdigest())
    response.headers["Cache-Control"] = "no-cache"
    response.make_conditional(request)
    return response


@pages.get("/")
def show() -> ResponseReturnValue:
    """Show the description to people."""
    described = [
        (operation, route, list(arguments(operation, route)), changes(operation))
        for operation, route in routed()
    ]
    return render_template(
        "api/reference.html",
        described=described,
        problems=PROBLEMS,
        prefix=PREFIX,
        header="Authorization: Bearer lgs_…",
    )


def arguments(operation: Operation, route: Route) -> Iterator[Argument]:
    """Yield the arguments of a route, in the order of the path, the query and the body."""
    whole = description()
    about = whole["paths"][route.path][route.method.lower()]
    for one in about["parameters"]:
        if one["in"] != "header":
            kind = kind_of(one["schema"])
            yield Argument(one["name"], one["in"], kind, one["required"], one["description"])
    if "requestBody" in about:
        body = whole["components"]["schemas"][title(operation)]
        for name, schema in body["properties"].items():
            needed = name in body.get("required", ())
            yield Argument(name, "body", kind_of(schema), needed, schema.get("description", ""))


def kind_of(schema: Mapping[str, Any]) -> str:
    """Return the JSON types that a schema allows, in words."""
    kinds = [one.get("type", "string") for one in schema.get("anyOf", [schema])]
    return " or ".join(kind for kind in dict.fromkeys(kinds) if kind != "null")
