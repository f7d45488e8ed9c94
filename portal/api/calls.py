"""Answer the routes of the HTTP API: token, arguments, operation, JSON."""

import json
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, current_app, g, request
from flask.typing import RouteCallable
from sqlalchemy.exc import InterfaceError, OperationalError
from werkzeug.exceptions import HTTPException

from models import Invalid, Refusal
from models.services import act_as
from notifications.letters.keys import Keys
from portal.api.arguments import arguments_of
from portal.api.problems import http_problem, refusal_problem, unavailable_problem
from portal.api.routes import PREFIX, Route, changes, routed
from portal.web.throttle import count_call, count_wrong_token, limiter, seconds_left
from workflows.public.caller import Caller
from workflows.public.declare import Operation
from workflows.services.authenticate import NotAuthenticated, key_of_token

api = Blueprint("api", __name__, url_prefix=PREFIX)

api.register_error_handler(Refusal, refusal_problem)
api.register_error_handler(HTTPException, http_problem)
api.register_error_handler(OperationalError, unavailable_problem)
api.register_error_handler(InterfaceError, unavailable_problem)


def view_of(operation: Operation, route: Route) -> RouteCallable:
    """Return the view of an operation."""

    def view(**in_path: str) -> Response:
        caller = authenticated()
        count_call()
        assert caller.key is not None
        g.missing_scope = None if caller.key.may(operation.scope) else operation.scope.value
        caller.require(operation.scope)
        if changes(operation) and "If-Match" in request.headers:
            abort(412)  # what is changed has no version to compare (RFC 9110, 13.1.1)
        given = arguments_of(operation, route, in_path)
        try:
            answer = operation.perform(g.session, caller, given)
        except Invalid:
            g.complaints = operation.arguments.complaints(given)
            raise
        return json_answer(answer, readable=not changes(operation))

    return view


for operation, route in routed():
    name = operation.name.removeprefix("listgate.")
    api.add_url_rule(
        route.rule,
        name,
        view_of(operation, route),
        methods=[route.method],
        merge_slashes=False,  # an empty argument would be a redirect
    )


def authenticated() -> Caller:
    """Return the service with the bearer token (RFC 6750); raise NotAuthenticated."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        abort(401)
    try:
        key = key_of_token(
            g.session, token.strip(), Keys.from_settings(current_app.config["LISTGATE"])
        )
    except NotAuthenticated:
        count_wrong_token()
        raise
    g.service_key_id = key.id
    act_as(g.session, key.service)
    return Caller(key)


def json_answer(answer: dict[str, Any], *, readable: bool) -> Response:
    """Return the answer; of what only reads, with a strong ETag and a link to the next page."""
    response = Response(json.dumps(answer, ensure_ascii=False), mimetype="application/json")
    if readable:
        response.set_etag(sha256(response.get_data()).hexdigest())
        # A client may keep it, and asks each time whether it has changed.
        response.headers["Cache-Control"] = "private, no-cache"
        response.vary.add("Authorization")
        if following := answer.get("next"):
            query = urlencode({**request.args.to_dict(), "cursor": following})
            response.headers["Link"] = f'<{request.path}?{query}>; rel="next"'
        response.make_conditional(request)
    return response


@api.after_request
def with_rate_limit(response: Response) -> Response:
    """Add what is left of the rate limit (draft-ietf-httpapi-ratelimit-headers)."""
    if counted := limiter.current_limit:
        window = counted.limit.get_expiry()
        response.headers["RateLimit-Policy"] = f'"default";q={counted.limit.amount};w={window}'
        response.headers["RateLimit"] = (
            f'"default";r={max(0, counted.remaining)};t={seconds_left(counted)}'
        )
    return response
