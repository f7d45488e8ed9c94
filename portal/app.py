"""The web application: what `gunicorn portal.app:app` serves."""

from datetime import timedelta

from flask import Flask
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from notifications.letters.keys import Keys
from portal import accounts, lists, people
from portal.accounts.details import pages
from portal.accounts.security import guard
from portal.audit import person, search
from portal.inbound.twilio import hooks
from portal.lists import approver_lists, imports
from portal.messages import compose, outbox, preview, show
from portal.moderation import link, requests
from portal.people import roles
from portal.subscriptions import my_lists
from portal.sync import pushes
from portal.web import home
from portal.web.errors import answer_refusals
from portal.web.headers import keep_safe
from portal.web.row_ids import RowId
from portal.web.templating import teach
from portal.web.throttle import slow_down
from portal.web.unit_of_work import Application
from settings import Settings, settings
from workflows import logs

# Above what most forms, or a webhook, may hold: nobody fills our memory.  A view that takes
# attachments raises `request.max_content_length` for itself.
LARGEST_FORM = 100_000  # bytes

# A person logs in every other week; a telephone that was lost is logged out by then.
LOGGED_IN_FOR = timedelta(days=14)


def create_app(settings: Settings) -> Flask:
    """The application for these settings."""
    app = Application("portal")
    app.url_map.converters["id"] = RowId
    configure(app, settings)
    teach(app)
    answer_refusals(app)
    csrf = CSRFProtect(app)
    guard(app, settings)
    slow_down(app, settings)
    for blueprint in (
        *(home.pages, accounts.pages, link.pages, hooks),
        *(outbox.pages, compose.pages, show.pages, preview.pages),
        *(requests.pages, search.pages),
        *(my_lists.pages, pages, person.pages),
        *(lists.pages, imports.pages, approver_lists.pages, pushes.pages),
        *(people.pages, roles.pages),
    ):
        app.register_blueprint(blueprint)
    # Twilio signs what it sends; the link of a letter has its token in the address.
    csrf.exempt(hooks)
    csrf.exempt(link.answer)
    # Alive, and no more: whether the rest is well is the doctor's to say.
    app.add_url_rule("/health", "health", lambda: ("ok", 200))
    keep_safe(app, https=app.config["SESSION_COOKIE_SECURE"])
    proxies = settings.trusted_proxies
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies)  # type: ignore[method-assign]
    return app


def configure(app: Flask, settings: Settings) -> None:
    """What Flask and its CSRF protection are told."""
    https = settings.public_url.startswith("https://")
    app.config.update(
        LISTGATE=settings,
        MAX_CONTENT_LENGTH=LARGEST_FORM,
        SECRET_KEY=keys_of(settings).derived("sessions"),
        # A browser takes a __Host- cookie over TLS only, and from no neighbour's domain.
        SESSION_COOKIE_NAME="__Host-listgate" if https else "listgate",
        SESSION_COOKIE_SECURE=https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=LOGGED_IN_FOR,
        # A form counts as long as its session: whoever writes for two hours loses nothing.
        WTF_CSRF_TIME_LIMIT=None,
        # The token is enough, and our own Referrer-Policy leaves no referrer to compare.
        WTF_CSRF_SSL_STRICT=False,
    )


def keys_of(settings: Settings) -> Keys:
    """The operator's keys; without a good secret the process ends, with a sentence."""
    try:
        return Keys.from_settings(settings)
    except ValueError as wrong:
        raise SystemExit(str(wrong)) from None


logs.configure(settings.log_level, settings.log_format)
app = create_app(settings)
