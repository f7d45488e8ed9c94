"""What every route of SCIM does: know the service by its token, read the body, answer in JSON."""

import json
from typing import Any

from flask import Blueprint, Response, g, request
from pydantic import ValidationError
from scim2_models import BaseModel, Context, ResponseParameters, SCIMException
from sqlalchemy.exc import InterfaceError, OperationalError
from werkzeug.exceptions import HTTPException, UnsupportedMediaType

from models import Refusal, Scope
from portal.api.arguments import json_object, text_of
from portal.api.calls import authenticated, with_rate_limit
from portal.scim.errors import (
    MIME_TYPE,
    http_error,
    refusal_error,
    scim_error,
    unavailable_error,
    validation_error,
)
from portal.scim.resources import PREFIX, User
from portal.web.throttle import count_call
from workflows.public.caller import Caller

TYPES = {MIME_TYPE, "application/json"}


def blueprint(name: str) -> Blueprint:
    """Return a blueprint below /scim/v2 that answers refusals as SCIM errors."""
    routes = Blueprint(name, __name__, url_prefix=PREFIX)
    routes.register_error_handler(Refusal, refusal_error)
    routes.register_error_handler(SCIMException, scim_error)
    routes.register_error_handler(ValidationError, validation_error)
    routes.register_error_handler(HTTPException, http_error)
    routes.register_error_handler(OperationalError, unavailable_error)
    routes.register_error_handler(InterfaceError, unavailable_error)
    routes.after_request(with_rate_limit)
    return routes


def reader() -> Caller:
    """Return the service; raise Trespass unless its key may read or change people."""
    caller = counted()
    if not (caller.key and caller.key.may(Scope.PEOPLE)):
        require(caller, Scope.READ)
    return caller


def writer() -> Caller:
    """Return the service; raise Trespass unless its key may change people."""
    caller = counted()
    require(caller, Scope.PEOPLE)
    return caller


def counted() -> Caller:
    """Return the service with the bearer token, and count the request."""
    caller = authenticated()
    count_call()
    return caller


def require(caller: Caller, scope: Scope) -> None:
    """Raise Trespass unless the key has the scope; the answer names it."""
    g.missing_scope = scope.value
    caller.require(scope)
    g.missing_scope = None


def body() -> dict[str, Any]:
    """Return the JSON object in the body; raise BadRequest or UnsupportedMediaType."""
    content = request.get_data(cache=False)
    if request.mimetype not in TYPES:
        raise UnsupportedMediaType
    return json_object(text_of(content))


def answer(
    resource: BaseModel,
    context: Context,
    *,
    parameters: "ResponseParameters[User] | None" = None,
    status: int = 200,
) -> Response:
    """Return a resource, or a page of them."""
    content = resource.model_dump(scim_ctx=context, response_parameters=parameters)
    return Response(json.dumps(content, ensure_ascii=False), status, mimetype=MIME_TYPE)
