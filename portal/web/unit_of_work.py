"""One request is one transaction; for a GET of a page, PostgreSQL enforces that it only reads."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, g, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from workflows.transaction import transaction

log = logging.getLogger(__name__)

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}

# Blueprints whose GET notes that a key was used, and records an attempt without the scope.
NOTES_USE = {"api", "scim", "scim_discovery"}


class Application(Flask):
    """Flask, with the request's transaction in `g.session`."""

    def dispatch_request(self) -> ResponseReturnValue:
        """Run the hooks of extensions (log-in, CSRF, throttle) and the view in one transaction."""
        reads = request.method in SAFE_METHODS and request.blueprint not in NOTES_USE
        with unit_of_work(read_only=reads):
            response = super().preprocess_request()
            return super().dispatch_request() if response is None else response

    def log_exception(self, exc_info: Any) -> None:
        """Log the endpoint, not the path, which may contain a secret token."""
        log.error("page failed", extra={"page": request.endpoint}, exc_info=exc_info)

    def preprocess_request(self) -> None:
        """Do nothing yet: `dispatch_request` runs the hooks, once there is a session."""


@contextmanager
def unit_of_work(*, read_only: bool) -> Iterator[Session]:
    """Open the request's transaction; it takes a connection at the first statement."""
    with transaction(read_only=read_only) as session:
        g.session = session
        # Flask-Login caches the user, a row of an earlier session.
        g.pop("_login_user", None)
        try:
            yield session
        finally:
            g.session = None
