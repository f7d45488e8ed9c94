"""Describe the SCIM server to its clients (RFC 7644, 4)."""

from collections.abc import Callable, Sequence
from typing import Any

from flask import Response, request
from scim2_models import (
    BaseModel,
    Context,
    ForbiddenException,
    ListResponse,
    Meta,
    NotFoundException,
    Resource,
    ResourceType,
    Schema,
)

from portal.scim.door import answer, blueprint, reader
from portal.scim.mapping import url_of
from portal.scim.resources import CONFIG, RESOURCE_TYPE, SCHEMA, parametrized

# Marks a sentence for pybabel; it is translated when it is answered.
_ = str

scim = blueprint("scim_discovery")


@scim.get("/ServiceProviderConfig")
def config() -> Response:
    """Return what the server can do."""
    reader()
    return answer(
        placed(CONFIG, "/ServiceProviderConfig"),
        Context.RESOURCE_QUERY_RESPONSE,
    )


@scim.get("/ResourceTypes")
def resource_types() -> Response:
    """Return the types of resources: users."""
    reader()
    return listed(parametrized(ListResponse, ResourceType), [resource_type()])


@scim.get("/ResourceTypes/<name>")
def one_resource_type(name: str) -> Response:
    """Return a type of resource."""
    reader()
    return found(resource_type(), name)


@scim.get("/Schemas")
def schemas() -> Response:
    """Return the schemas of the resources."""
    reader()
    return listed(parametrized(ListResponse, Schema), [schema()])


@scim.get("/Schemas/<name>")
def one_schema(name: str) -> Response:
    """Return a schema."""
    reader()
    return found(schema(), name)


def resource_type() -> Resource[Any]:
    """Return the one type of resource."""
    return placed(RESOURCE_TYPE, f"/ResourceTypes/{RESOURCE_TYPE.id}")


def schema() -> Resource[Any]:
    """Return the one schema."""
    return placed(SCHEMA, f"/Schemas/{SCHEMA.id}")


def placed(resource: Resource[Any], path: str) -> Resource[Any]:
    """Return a copy that says where it is."""
    meta = Meta(resource_type=type(resource).__name__, location=url_of(path))
    return resource.model_copy(update={"meta": meta})


def found(resource: Resource[Any], name: str) -> Response:
    """Return the resource if it has this id; raise NotFoundException."""
    if name != resource.id:
        raise NotFoundException
    return answer(resource, Context.RESOURCE_QUERY_RESPONSE)


def listed(kind: Callable[..., BaseModel], resources: Sequence[Resource[Any]]) -> Response:
    """Return all resources; a filter is forbidden (RFC 7644, 4)."""
    if "filter" in request.args:
        raise ForbiddenException(detail=_("This cannot be filtered."))
    page = kind(
        total_results=len(resources),
        start_index=1,
        items_per_page=len(resources),
        resources=list(resources),
    )
    return answer(page, Context.RESOURCE_QUERY_RESPONSE)
