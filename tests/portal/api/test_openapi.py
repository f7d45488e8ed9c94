"""The description is valid OpenAPI 3.1, says what the routes do, and has a page."""

from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from models import Language
from portal.api.openapi import EXAMPLES, description, title
from portal.api.routes import ROUTES, changes, routed
from tests.portal.api.client import Client
from workflows.public.operations import OPERATIONS


def test_the_description_is_valid(register: Client) -> None:
    answer = register.app.test_client().get("/api/v1/openapi.json")

    assert answer.mimetype == "application/json"
    assert answer.json == description()
    OpenAPIV31SpecValidator(answer.json).validate()


def test_it_describes_each_route_once() -> None:
    described = {
        about["operationId"]: (method.upper(), path)
        for path, methods in description()["paths"].items()
        for method, about in methods.items()
    }

    assert described == {
        name.removeprefix("listgate."): (ROUTES[name].method, ROUTES[name].path)
        for name in OPERATIONS
    }


def test_each_argument_is_in_one_place_and_none_is_missing() -> None:
    schemas = description()["components"]["schemas"]
    for operation, route in routed():
        about = description()["paths"][route.path][route.method.lower()]
        named = [one["name"] for one in about["parameters"] if one["in"] != "header"]
        if "requestBody" in about:
            body = schemas[title(operation)]["properties"]
            if route.csv:  # the query has the others, beside a body as text/csv
                assert set(named) == body.keys() - {route.csv}
                named = []
            named += body

        expected = operation.arguments.model_fields.keys() - {"idempotency_key", "parcel"}
        assert sorted(named) == sorted(expected), operation.name
        headers = {one["name"] for one in about["parameters"] if one["in"] == "header"}
        assert ("Idempotency-Key" in headers) == changes(operation)


def test_every_example_is_accepted() -> None:
    for operation, _ in routed():
        fields = operation.arguments.model_fields
        given: dict[str, Any] = {name: EXAMPLES[name] for name in fields if name in EXAMPLES}
        wrong = operation.arguments.complaints({**given, "idempotency_key": "k"})
        assert [name for name, _ in wrong if name in given] == [], operation.name


@pytest.mark.parametrize("language", Language)
def test_the_page_describes_each_route_in_a_frame_of_the_readers_language(
    register: Client, language: Language
) -> None:
    answer = register.app.test_client().get("/api/v1/", headers={"Accept-Language": language.value})

    text = answer.text.replace("<wbr>", "")
    headings = {"en": "Refusals", "de": "Ablehnungen", "fr": "Refus"}
    assert f">{headings[language]}</h2>" in text
    assert "http://" not in text.partition("<main")[2]
    for operation, route in routed():
        assert f"<code>{route.method} /api/v1{route.path}</code>" in text, operation.name
