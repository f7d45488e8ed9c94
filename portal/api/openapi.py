"""The description of the HTTP API (OpenAPI 3.1), made of the operations' own contracts."""

from functools import cache
from inspect import cleandoc
from typing import Any

from portal.api.problems import MIME_TYPE
from portal.api.routes import NOT_IN_BODY, PREFIX, Route, changes, routed
from workflows.public.declare import Operation

REF = "#/components/schemas/{model}"

Json = dict[str, Any]

PROBLEM: Json = {
    "type": "object",
    "description": "Why nothing was done (RFC 9457)",
    "properties": {
        "type": {"const": "about:blank"},
        "title": {"type": "string", "description": "The name of the status"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "What a program tests: `already_decided`"},
        "detail": {"type": "string", "description": "A sentence for a person, in their language"},
        "scope": {"type": "string", "description": "The scope that the key lacks (403)"},
        "errors": {
            "type": "array",
            "description": "What is wrong with which argument (400)",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "detail": {"type": "string"}},
                "required": ["field", "detail"],
            },
        },
    },
    "required": ["type", "title", "status", "code", "detail"],
}

# What each route may answer beside 200.
PROBLEMS = {
    400: "An argument or the body is invalid",
    401: "The token is missing, unknown, expired or revoked",
    403: "The key lacks the scope, or the person may not do this",
    404: "There is no such person, list, message or request",
    409: "The state does not allow it (any more)",
    412: "A change was asked for on condition of a version (If-Match)",
    413: "The body is too large",
    415: "The body is of another type than the route takes",
    422: "The idempotency key was used for another call",
    429: "Too many requests; Retry-After says when to try again",
    500: "A fault, whose reason the operator finds in the log",
    503: "The database is unavailable; Retry-After says when to try again",
}
# Of a problem, beside those of every answer.
HEADERS = {401: "WWW-Authenticate", 429: "Retry-After", 503: "Retry-After"}
OF_BODIES = {413, 415}
OF_CHANGES = {412, 422}

KEY: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "New for each thing asked: a repeated call gets the first answer again. With or "
    "without the quotes of draft-ietf-httpapi-idempotency-key-header.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
    "example": "5f0b6c2e-7c1a-4c8d-9d0e-2b1f3a4c5d6e",
}
UNCHANGED: Json = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The ETag of an earlier answer: 304 if it is still the same.",
    "schema": {"type": "string"},
}
ETAG: Json = {"description": "A strong validator of the answer", "schema": {"type": "string"}}
LINK: Json = {
    "description": 'The next page, with `rel="next"`; none after the last',
    "schema": {"type": "string"},
}
RATE_LIMIT: Json = {
    "description": "What is left of the requests a minute: "
    "draft-ietf-httpapi-ratelimit-headers, with RateLimit-Policy",
    "schema": {"type": "string"},
}

# By the name of an argument.
EXAMPLES: Json = {
    "message_id": 4711,
    "request_id": 815,
    "user_id": "external:member-42",
    "author_id": "external:member-42",
    "approver_id": 7,
    "by_id": 7,
    "list": "news",
    "verdict": "approved",
    "user_ids": [42, 43],
    "address": "ada@example.org",
    "comment": "Please name the date of the party.",
}


@cache
def description() -> Json:
    """Return the whole description."""
    paths: Json = {}
    schemas: Json = {"Problem": PROBLEM}
    for operation, route in routed():
        paths.setdefault(route.path, {})[route.method.lower()] = about(operation, route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Listgate",
            "version": "1",
            "description": "What other services do in Listgate. `listgate service add` and "
            "`listgate service key` make a token.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": PREFIX}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "`lgs_…`"}
            },
            "schemas": schemas,
            "responses": {str(status): refused(status) for status in PROBLEMS},
        },
    }


def about(operation: Operation, route: Route, schemas: Json) -> Json:
    """Return the description of one route; add the schemas that it names."""
    meaning = cleandoc(operation.arguments.__doc__ or "")
    properties, required = fields(operation, schemas)
    others = [name for name in properties if name not in route.in_path]
    described: Json = {
        "operationId": operation.name.removeprefix("listgate."),
        "summary": meaning.splitlines()[0].rstrip("."),
        "description": meaning,
        "tags": [operation.scope.value],
        "security": [{"token": [operation.scope.value]}],
        "parameters": [parameter(name, "path", properties[name]) for name in route.in_path],
        "responses": responses(operation, route, schemas),
    }
    if route.has_body:
        body = {name: properties[name] for name in others}
        described |= request_body(operation, body, [name for name in others if name in required])
        add(schemas, described.pop("schemas"))
        if route.csv:
            described["requestBody"]["content"]["text/csv"] = {"schema": {"type": "string"}}
            described["parameters"] += beside_csv(route, body)
    else:
        described["parameters"] += [
            parameter(name, "query", properties[name], required=name in required) for name in others
        ]
    described["parameters"].append(KEY if changes(operation) else UNCHANGED)
    return described


def fields(operation: Operation, schemas: Json) -> tuple[Json, list[str]]:
    """Return the schemas of the arguments that HTTP has, and the names of those it needs."""
    schema = operation.arguments.model_json_schema(ref_template=REF)
    add(schemas, schema.pop("$defs", {}))
    properties = {
        name: {key: value for key, value in about.items() if key not in {"title", "private"}}
        for name, about in schema["properties"].items()
        if name not in NOT_IN_BODY
    }
    for name, about in properties.items():
        if name in EXAMPLES:
            about["examples"] = [EXAMPLES[name]]
    return properties, schema.get("required", [])


def parameter(name: str, place: str, schema: Json, *, required: bool = True) -> Json:
    """Return the description of a parameter."""
    said = {key: value for key, value in schema.items() if key != "description"}
    means = schema.get("description", "")
    return {"name": name, "in": place, "required": required, "description": means, "schema": said}


def request_body(operation: Operation, properties: Json, required: list[str]) -> Json:
    """Return the description of the JSON body, if the operation has arguments for one."""
    if not properties:
        return {"schemas": {}}
    name = title(operation)
    schema: Json = {"type": "object", "properties": properties, "additionalProperties": False}
    if required:
        schema["required"] = required
    example = {name: EXAMPLES[name] for name in required if name in EXAMPLES}
    content: Json = {"schema": {"$ref": REF.format(model=name)}}
    if example.keys() == set(required):
        content["example"] = example
    body = {"required": bool(required), "content": {"application/json": content}}
    return {"requestBody": body, "schemas": {name: schema}}


def beside_csv(route: Route, properties: Json) -> list[Json]:
    """Return the descriptions of the parameters beside a body as text/csv."""
    return [
        parameter(name, "query", schema, required=False)
        for name, schema in properties.items()
        if name != route.csv
    ]


def responses(operation: Operation, route: Route, schemas: Json) -> Json:
    """Return the description of the answers."""
    schema = operation.answer.model_json_schema(ref_template=REF)
    name = f"{title(operation)}Answer"
    add(schemas, {**schema.pop("$defs", {}), name: schema})
    content = {"application/json": {"schema": {"$ref": REF.format(model=name)}}}
    means = cleandoc(operation.answer.__doc__ or "").splitlines()[0]
    headers = headers_of(operation)
    found: Json = {"200": {"description": means, "headers": headers, "content": content}}
    if not changes(operation):
        found["304"] = {"description": "The answer is the same as before", "headers": headers}
    absent = (set() if route.has_body else OF_BODIES) | (
        set() if changes(operation) else OF_CHANGES
    )
    found |= {
        str(status): {"$ref": f"#/components/responses/{status}"}
        for status in PROBLEMS
        if status not in absent
    }
    return found


def headers_of(operation: Operation) -> Json:
    """Return the description of the headers of an answer."""
    headers = {"RateLimit": RATE_LIMIT}
    if not changes(operation):
        headers["ETag"] = ETAG
    if "next" in operation.answer.model_fields:
        headers["Link"] = LINK
    return headers


def add(schemas: Json, found: Json) -> None:
    """Add schemas by name; one name is one schema."""
    for name, schema in found.items():
        assert schemas.setdefault(name, schema) == schema, name


def title(operation: Operation) -> str:
    """Return the name of the operation in the style of a class: RequestApproval."""
    return operation.name.removeprefix("listgate.").title().replace("_", "")


def refused(status: int) -> Json:
    """Return the description of one kind of problem."""
    schema = {"$ref": REF.format(model="Problem")}
    answer: Json = {"description": PROBLEMS[status], "content": {MIME_TYPE: {"schema": schema}}}
    if status in HEADERS:
        answer["headers"] = {HEADERS[status]: {"schema": {"type": "string"}}}
    return answer
