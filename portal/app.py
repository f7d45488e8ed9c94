"""The web application: what `gunicorn portal.app:app` serves."""

from datetime import timedelta

from flask import Flask
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from notifications.letters.keys import Keys
from portal import accounts, lists, people
from portal.accounts import absences, details
from portal.accounts.security import configure_security
from portal.api import calls, reference
from portal.api.paths import EncodedSlashes
from portal.api.problems import configure_problems
from portal.api.sessions import SessionsOfPages
from portal.audit import person, search
from portal.inbound import twilio
from portal.lists import approver_lists, imports, list_sets
from portal.messages import compose, doubts, outbox, preview, show, split
from portal.moderation import link, requests
from portal.people import roles
from portal.scim import discovery, users
from portal.scim.errors import http_error
from portal.scim.resources import PREFIX as SCIM
from portal.services import services
from portal.subscriptions import my_lists, unsubscribe
from portal.sync import pushes
from portal.web import home
from portal.web.errors import register_error_pages
from portal.web.headers import add_security_headers
from portal.web.kept_form import configure_kept_forms
from portal.web.row_ids import RowId
from portal.web.templating import configure_templates
from portal.web.throttle import configure_throttle
from portal.web.unit_of_work import Application
from settings import Settings, settings
from workflows import logs

# Larger than any form or webhook needs.  A view that takes files raises its own
# `request.max_content_length`.
MAX_FORM = 100_000  # bytes

# Also how long a lost telephone stays logged in.
SESSION_LIFETIME = timedelta(days=14)

BLUEPRINTS = (
    home.pages,
    accounts.pages,
    details.pages,
    absences.pages,
    compose.pages,
    preview.pages,
    show.pages,
    outbox.pages,
    doubts.pages,
    split.pages,
    link.pages,
    requests.pages,
    my_lists.pages,
    unsubscribe.pages,
    lists.pages,
    approver_lists.pages,
    list_sets.pages,
    imports.pages,
    pushes.pages,
    people.pages,
    roles.pages,
    services.pages,
    search.pages,
    person.pages,
    twilio.hooks,
    reference.pages,
    calls.api,
    discovery.scim,
    users.scim,
)


def create_app(settings: Settings) -> Flask:
    """Create the application for these settings."""
    app = Application("portal")
    app.url_map.converters["id"] = RowId
    app.session_interface = SessionsOfPages()
    configure(app, settings)
    configure_templates(app)
    register_error_pages(app)
    csrf = CSRFProtect(app)
    configure_security(app, settings)
    configure_throttle(app, settings)
    configure_kept_forms(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    configure_problems(app, {SCIM: http_error})
    # A service sends a token, Twilio signs its requests, the URL of a mailed link has a secret.
    csrf.exempt(calls.api)
    csrf.exempt(users.scim)
    csrf.exempt(twilio.hooks)
    csrf.exempt(link.answer)
    csrf.exempt(unsubscribe.leave)
    # Liveness only; `listgate doctor` checks everything else.
    app.add_url_rule("/health", "health", lambda: ("ok", 200))
    add_security_headers(app, https=app.config["SESSION_COOKIE_SECURE"])
    proxies = settings.trusted_proxies
    whole = EncodedSlashes(app.wsgi_app)
    app.wsgi_app = ProxyFix(whole, x_for=proxies, x_proto=proxies)  # type: ignore[method-assign]
    return app


def configure(app: Flask, settings: Settings) -> None:
    """Configure Flask and its CSRF protection."""
    https = settings.public_url.startswith("https://")
    app.config.update(
        LISTGATE=settings,
        MAX_CONTENT_LENGTH=MAX_FORM,
        SECRET_KEY=keys_of(settings).derived("sessions"),
        # Browsers accept a __Host- cookie only over TLS, and only from this very host.
        SESSION_COOKIE_NAME="__Host-listgate" if https else "listgate",
        SESSION_COOKIE_SECURE=https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=SESSION_LIFETIME,
        # A form is valid as long as its session, so that two hours of typing are not lost.
        WTF_CSRF_TIME_LIMIT=None,
        # Our Referrer-Policy leaves no Referer header to check; the token is enough.
        WTF_CSRF_SSL_STRICT=False,
    )


def keys_of(settings: Settings) -> Keys:
    """Return the operator's keys; exits with a message if SECRET_KEY is not good enough."""
    try:
        return Keys.from_settings(settings)
    except ValueError as wrong:
        raise SystemExit(str(wrong)) from None


logs.configure(settings.log_level, settings.log_format)
app = create_app(settings)
