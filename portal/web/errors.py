"""Error pages: the one place that answers refusals, HTTP errors and a database that is down."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from flask import Flask, current_app, g, render_template, request
from flask.globals import request_ctx
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from models import Invalid, Refusal, Trespass, Unknown
from portal.web.i18n import page_language
from portal.web.kept_form import keep, not_saved_yet, owner_id
from portal.web.sign_in import reader
from portal.web.templating import page_zone
from portal.web.unit_of_work import unit_of_work
from portal.wording.refusal_fields import refused_field
from portal.wording.refusal_sentences import refusal_words
from workflows.people.account_links import LinkOver

# Any other refusal is a conflict with the current state.
STATUS: tuple[tuple[type[Refusal], int], ...] = (
    (Trespass, 403),
    (Unknown, 404),
    (Invalid, 400),
    (LinkOver, 410),
)
CONFLICT = 409


def register_error_pages(app: Flask) -> None:
    """Register the handlers of what a view may raise."""
    app.register_error_handler(Refusal, refusal_page)
    app.register_error_handler(HTTPException, http_error_page)
    app.register_error_handler(OperationalError, database_unavailable_page)


def refusal_page(refusal: Refusal) -> ResponseReturnValue:
    """Show the form again with the reason and what was typed; without a form, an error page.

    A form posts to the URL of its own page, so a GET of the same URL renders that page.  Its
    template finds the reason as `refusal`, and the fields in `request.form`; forms.html marks the
    field that the reason is about.
    """
    status = next((code for kind, code in STATUS if isinstance(refusal, kind)), CONFLICT)
    with unit_of_work(read_only=True):
        g.refusal = refusal_text(refusal)
        if request.method == "POST":
            # A form that the view did not read may be too large; its page may not exist, or refuse.
            with suppress(Refusal, HTTPException, RequestRedirect):
                g.refused_field = refused_field(refusal, submitted())
                return with_status(form_page(), status)
        return error_page(status)


def submitted() -> dict[str, str]:
    """Return the fields of the submitted form, and the file's name for each field of files."""
    return {**request.form, **{name: file.filename or "" for name, file in request.files.items()}}


def refusal_text(refusal: Refusal) -> str:
    """Return the refusal in the reader's language."""
    return refusal_words(
        refusal.sentence, refusal.facts, language=page_language(), zone=page_zone()
    )


def form_page() -> ResponseReturnValue:
    """Render what a GET of the same URL shows; raises HTTPException if there is no such page."""
    endpoint, arguments = match_form_page()
    view: Callable[..., ResponseReturnValue] = current_app.view_functions[endpoint]  # type: ignore[assignment]
    return view(**arguments)


def match_form_page() -> tuple[str, Mapping[str, Any]]:
    """Return the endpoint of a GET of the same URL, and its arguments; raises HTTPException."""
    adapter = request_ctx.url_adapter
    assert adapter is not None
    return adapter.match(method="GET")


def with_status(result: ResponseReturnValue, status: int) -> ResponseReturnValue:
    """Set the status of a response, unless it is a redirect."""
    response = current_app.make_response(result)
    if response.status_code == 200:
        response.status_code = status
    return response


def http_error_page(failure: HTTPException) -> ResponseReturnValue:
    """Show an HTTP error: an unknown URL, a form that is too large."""
    if failure.code is None or failure.code < 400:
        return failure.get_response()
    try:
        with unit_of_work(read_only=True):
            return form_of_ended_session(failure) or error_page(failure.code)
    except OperationalError:
        return error_page(failure.code)


def form_of_ended_session(failure: HTTPException) -> ResponseReturnValue | None:
    """Ask for a log-in and keep the form, or show it again after one; None for other failures.

    The session ended while the form was open (401, or a token of no session); or its reader has
    logged in since, in another window.
    """
    if request.method != "POST" or not (isinstance(failure, CSRFError) or failure.code == 401):
        return None
    owner, user = owner_id(), reader()
    with suppress(HTTPException, RequestRedirect):
        if owner is not None and user is None:
            match_form_page()
            return keep(owner, request.path)
        if user is not None and user.id == owner:
            g.refusal = not_saved_yet()
            with suppress(Refusal):
                return with_status(form_page(), failure.code or 400)
    return None


def database_unavailable_page(_: OperationalError) -> ResponseReturnValue:
    """Show that the database is unavailable, without using it."""
    g.session = None
    return error_page(503)


def error_page(status: int) -> ResponseReturnValue:
    """Render the page of an HTTP status."""
    return render_template("refused.html", status=status), status
