"""Answer what went wrong as a SCIM error (RFC 7644, 3.12)."""

from http import HTTPStatus

from flask import Response
from pydantic import ValidationError
from scim2_models import Error, SCIMException
from werkzeug.exceptions import HTTPException

from models import Invalid, Refusal
from notifications.wording.languages import translations
from portal.api.problems import (
    API_STATUS,
    ERRORS,
    FAILED,
    RETRY_AFTER,
    http_headers,
    refusal_headers,
)
from portal.web.errors import CONFLICT
from portal.web.i18n import accepted_language
from portal.wording.refusal_sentences import refusal_words

MIME_TYPE = "application/scim+json"

# Marks a sentence for pybabel; it is translated when it is answered.
_ = str

# Refusals of what is another person's.
TAKEN = {
    "There is already a user with this address.",
    "Another user has this address.",
    "Another user has this telephone number.",
    "The service %(service)s has given this key to another person.",
    "The service %(service)s has given this person another key.",
}


def refusal_error(refusal: Refusal) -> Response:
    """Answer a refusal with its sentence in the client's language."""
    status = next((code for kind, code in API_STATUS if isinstance(refusal, kind)), CONFLICT)
    scim_type = "invalidValue" if isinstance(refusal, Invalid) else None
    if refusal.sentence in TAKEN:
        status, scim_type = CONFLICT, "uniqueness"
    detail = refusal_words(refusal.sentence, refusal.facts, language=accepted_language())
    answer = error(Error(status=status, scim_type=scim_type, detail=detail))
    answer.headers.update(refusal_headers(status))
    return answer


def scim_error(failure: SCIMException) -> Response:
    """Answer a refusal; one of the library's own sentences is in English."""
    if isinstance(failure.__cause__, ValidationError):  # whose text is for programmers
        return validation_error(failure.__cause__)
    body = failure.to_error()
    if body.detail:
        body.detail = translations(accepted_language()).gettext(body.detail)
    return error(body)


def validation_error(failure: ValidationError) -> Response:
    """Answer the first thing that is wrong with a body or a query."""
    return error(Error.from_validation_errors(failure)[0])


def http_error(failure: HTTPException) -> Response:
    """Answer an error of HTTP."""
    status = failure.code or 500
    sentence = ERRORS.get(status, FAILED)[1]
    if status == HTTPStatus.UNSUPPORTED_MEDIA_TYPE:
        sentence = _("The body must be application/scim+json or application/json.")
    scim_type = "invalidSyntax" if status == HTTPStatus.BAD_REQUEST else None
    detail = translations(accepted_language()).gettext(sentence)
    answer = error(Error(status=status, scim_type=scim_type, detail=detail))
    answer.headers.update(http_headers(failure))
    return answer


def unavailable_error(_: Exception) -> Response:
    """Answer that the database is unavailable."""
    sentence = ERRORS[503][1]
    detail = translations(accepted_language()).gettext(sentence)
    answer = error(Error(status=503, detail=detail))
    answer.headers["Retry-After"] = str(RETRY_AFTER)
    return answer


def error(body: Error) -> Response:
    """Return the error."""
    return Response(body.model_dump_json(), body.status, mimetype=MIME_TYPE)
