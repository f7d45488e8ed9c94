"""The web application: what `gunicorn portal.web:app` serves."""

from typing import Any

import structlog
from flask import Flask, Response, g, request
from markupsafe import escape
from sqlalchemy.exc import OperationalError

from models import Invalid, Language
from notifications.languages import translations
from portal import moderation, webhooks
from settings import Settings, settings
from workflows import logs

# Above what a decision, or a webhook, may hold: nobody fills our memory.
LARGEST_FORM = 100_000  # bytes


log = structlog.get_logger()


class Pages(Flask):
    """Flask, but for what it would log."""

    def log_exception(self, exc_info: Any) -> None:
        """Say which page failed, without its path: that may end in somebody's key."""
        log.error("page failed", page=request.endpoint, exc_info=exc_info)


def create_app(settings: Settings) -> Flask:
    """The application for these settings."""
    app = Pages("portal")
    app.config.update(MAX_CONTENT_LENGTH=LARGEST_FORM, LISTGATE=settings)
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: translations(page_language()).gettext(text),
        lambda *texts: translations(page_language()).ngettext(*texts),
        newstyle=True,
    )
    app.context_processor(lambda: {"language": page_language().value})
    app.register_blueprint(moderation.pages)
    app.register_blueprint(webhooks.hooks)
    # Alive, and no more: whether the rest is well is the doctor's to say.
    app.add_url_rule("/health", "health", lambda: ("ok", 200))
    app.register_error_handler(Invalid, lambda refusal: (escape(str(refusal)), 400))
    app.register_error_handler(OperationalError, lambda _: ("The database is away.", 503))
    app.after_request(with_safe_headers)
    return app


def page_language() -> Language:
    """The language of the person a page is for, or else the one that the browser likes best."""
    if "language" not in g:
        best = request.accept_languages.best_match([one.value for one in Language])
        g.language = Language(best or Language.ENGLISH)
    language: Language = g.language
    return language


def with_safe_headers(response: Response) -> Response:
    """No script, no frame, no trace of the address in other sites' logs, nothing in caches."""
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Cache-Control", "no-store")
    return response


logs.configure(settings.log_level, settings.log_format)
app = create_app(settings)
