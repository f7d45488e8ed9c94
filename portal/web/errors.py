"""What is answered when nothing was done: one place for every refusal and every fault."""

from collections.abc import Callable
from contextlib import suppress

from flask import Flask, current_app, flash, g, render_template, request
from flask.globals import request_ctx
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from models import Invalid, Refusal, Trespass, Unknown
from portal.web.i18n import page_language
from portal.web.templating import page_zone
from portal.web.unit_of_work import unit_of_work
from portal.wording.refusal_sentences import refusal_words
from workflows.people.account_links import LinkOver

# Every other refusal is a conflict with what has happened meanwhile.
STATUS: tuple[tuple[type[Refusal], int], ...] = (
    (Trespass, 403),
    (Unknown, 404),
    (Invalid, 400),
    (LinkOver, 410),
)
CONFLICT = 409


def answer_refusals(app: Flask) -> None:
    """Have this module answer whatever a view raises."""
    app.register_error_handler(Refusal, refused)
    app.register_error_handler(HTTPException, failed)
    app.register_error_handler(OperationalError, away)


def refused(refusal: Refusal) -> ResponseReturnValue:
    """Say why, on the page of the form that was sent if it has one, with what was typed.

    A form is sent to the address of its own page, so that is the page which a GET there shows.
    Its template finds the sentence as `refusal` and the fields in `request.form`.
    """
    status = next((code for kind, code in STATUS if isinstance(refusal, kind)), CONFLICT)
    with unit_of_work(read_only=True):
        g.refusal = in_words(refusal)
        if request.method == "POST":
            # There may be no such page, or it refuses in its turn.
            with suppress(Refusal, HTTPException, RequestRedirect):
                return with_status(own_page(), status)
        return page(status)


def in_words(refusal: Refusal) -> str:
    """The refusal in the reader's language."""
    return refusal_words(
        refusal.sentence, refusal.facts, language=page_language(), zone=page_zone()
    )


def own_page() -> ResponseReturnValue:
    """What a GET of the same address shows; raises HTTPException if there is nothing."""
    adapter = request_ctx.url_adapter
    assert adapter is not None
    endpoint, arguments = adapter.match(method="GET")
    view: Callable[..., ResponseReturnValue] = current_app.view_functions[endpoint]  # type: ignore[assignment]
    return view(**arguments)


def with_status(answer: ResponseReturnValue, status: int) -> ResponseReturnValue:
    """The page with another status, unless it leads elsewhere."""
    response = current_app.make_response(answer)
    if response.status_code == 200:
        response.status_code = status
    return response


def failed(failure: HTTPException) -> ResponseReturnValue:
    """The page for what HTTP itself refuses: unknown addresses, forms that are too large."""
    if failure.code is None or failure.code < 400:
        return failure.get_response()
    try:
        with unit_of_work(read_only=True):
            return page(failure.code)
    except OperationalError:
        return page(failure.code)


def away(_: OperationalError) -> ResponseReturnValue:
    """The database does not answer; nothing on this page needs it."""
    g.session = None
    return page(503)


def page(status: int) -> ResponseReturnValue:
    """One page for all of them."""
    return render_template("refused.html", status=status), status


def say(sentence: str) -> None:
    """Have the next page say, once, what was done; the sentence is translated."""
    flash(sentence, "status")
