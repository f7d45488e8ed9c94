"""Answer what went wrong as application/problem+json (RFC 9457)."""

import json
import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, g, request
from flask.typing import ResponseReturnValue
from flask_limiter import RateLimitExceeded
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from models import Invalid, Refusal, Trespass
from notifications.wording.languages import translations
from portal.api.sessions import is_api
from portal.web.errors import CONFLICT, STATUS, http_error_page
from portal.web.i18n import accepted_language
from portal.web.throttle import limiter, seconds_left
from portal.wording.refusal_sentences import refusal_words
from workflows.public.idempotency import KeyReused
from workflows.services.authenticate import NotAuthenticated

MIME_TYPE = "application/problem+json"

CHALLENGE = 'Bearer realm="listgate"'

# Seconds after which a client tries again when the database is unavailable.
RETRY_AFTER = 30

# Beside those of pages.  KeyReused: draft-ietf-httpapi-idempotency-key-header, 2.7.
API_STATUS: tuple[tuple[type[Refusal], int], ...] = (
    (NotAuthenticated, 401),
    (KeyReused, 422),
    *STATUS,
)

# Marks a sentence for pybabel; it is translated when it is answered.
_ = str

# The code, and the sentence.
ERRORS = {
    400: ("bad_request", _("The body must be a JSON object in UTF-8.")),
    401: ("unauthorized", _("Send a token: Authorization: Bearer lgs_…")),
    404: ("not_found", _("There is no such route.")),
    405: ("method_not_allowed", _("This route does not have this method.")),
    412: (
        "precondition_failed",
        _("Changes are not made on condition of a version: leave out If-Match."),
    ),
    413: ("content_too_large", _("The body is larger than this route accepts.")),
    415: ("unsupported_media_type", _("The body must be application/json.")),
    429: ("too_many_requests", _("Too many requests: try again later.")),
    503: (
        "service_unavailable",
        _("The database is unavailable. Nothing was done; try again later."),
    ),
}
FAILED = ("failed", _("This failed for a reason that the operator finds in the log."))


def configure_problems(app: Flask, others: Mapping[str, Callable[..., Response]]) -> None:
    """Answer unknown paths and wrong methods below /api as problems.

    `others` says how they are answered below other prefixes; elsewhere they remain pages.
    """

    def routing_problem(failure: HTTPException) -> ResponseReturnValue:
        if is_api(request):
            return http_problem(failure)
        below = [prefix for prefix in others if request.path.startswith(f"{prefix}/")]
        return others[below[0]](failure) if below else http_error_page(failure)

    for status in (404, 405):
        app.register_error_handler(status, routing_problem)


def refusal_problem(refusal: Refusal) -> Response:
    """Answer a refusal with its sentence in the client's language."""
    status = next((code for kind, code in API_STATUS if isinstance(refusal, kind)), CONFLICT)
    sentence = refusal_words(refusal.sentence, refusal.facts, language=accepted_language())
    members: dict[str, Any] = {}
    if isinstance(refusal, Invalid) and g.get("complaints"):
        members["errors"] = [{"field": name, "detail": why} for name, why in g.complaints]
    if isinstance(refusal, Trespass) and g.get("missing_scope"):
        members["scope"] = g.missing_scope
    answer = problem(status, code_of(refusal), sentence, **members)
    answer.headers.update(refusal_headers(status))
    return answer


def refusal_headers(status: int) -> dict[str, str]:
    """Return what is wrong with the token of a refused call (RFC 6750, 3)."""
    wrong = ""
    if status == HTTPStatus.UNAUTHORIZED:
        wrong = 'error="invalid_token"'
    elif status == HTTPStatus.FORBIDDEN and g.get("missing_scope"):
        wrong = f'error="insufficient_scope", scope="{g.missing_scope}"'
    return {"WWW-Authenticate": f"{CHALLENGE}, {wrong}"} if wrong else {}


def http_problem(failure: HTTPException) -> Response:
    """Answer an error of HTTP."""
    status = failure.code or 500
    gettext = translations(accepted_language()).gettext
    code, sentence = ERRORS.get(status, FAILED)
    answer = problem(status, code, gettext(sentence))
    answer.headers.update(http_headers(failure))
    return answer


def http_headers(failure: HTTPException) -> dict[str, str]:
    """Return what a client can do: use another method, wait, or send a token."""
    if isinstance(failure, MethodNotAllowed) and failure.valid_methods:
        return {"Allow": ", ".join(sorted(failure.valid_methods))}
    if isinstance(failure, RateLimitExceeded) and limiter.current_limit:
        return {"Retry-After": str(seconds_left(limiter.current_limit))}
    return {"WWW-Authenticate": CHALLENGE} if failure.code == HTTPStatus.UNAUTHORIZED else {}


def unavailable_problem(_: Exception) -> Response:
    """Answer that the database is unavailable."""
    code, sentence = ERRORS[503]
    answer = problem(503, code, translations(accepted_language()).gettext(sentence))
    answer.headers["Retry-After"] = str(RETRY_AFTER)
    return answer


def problem(status: int, code: str, detail: str, **members: object) -> Response:
    """Return the problem; `code` is stable, and `detail` is a sentence for a person."""
    title = HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "code": code}
    text = json.dumps({**body, "detail": detail, **members}, ensure_ascii=False)
    answer = Response(text, status, mimetype=MIME_TYPE)
    answer.headers["Content-Language"] = accepted_language().value
    answer.vary.add("Accept-Language")
    return answer


def code_of(refusal: Refusal) -> str:
    """Return the name of the refusal's class in lower case: `already_decided`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(refusal).__name__).lower()
