"""One request is one transaction; that of a GET is read-only, by PostgreSQL itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from flask import Flask, g, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from workflows.transaction import transaction

log = structlog.get_logger()

READING = {"GET", "HEAD", "OPTIONS"}


class Application(Flask):
    """Flask, with `g.session` for whatever a request does."""

    def dispatch_request(self) -> ResponseReturnValue:
        """Let the hooks of extensions (who asks, CSRF, throttle) and the view share a session."""
        with unit_of_work(read_only=request.method in READING):
            answer = super().preprocess_request()
            return super().dispatch_request() if answer is None else answer

    def log_exception(self, exc_info: Any) -> None:
        """Say which page failed, without its path: that may end in somebody's key."""
        log.error("page failed", page=request.endpoint, exc_info=exc_info)

    def preprocess_request(self) -> None:
        """Flask calls this before `dispatch_request`, where there is no session yet."""


@contextmanager
def unit_of_work(*, read_only: bool) -> Iterator[Session]:
    """The request's transaction; its connection is taken at the first statement only."""
    with transaction(read_only=read_only) as session:
        g.session = session
        # Flask-Login remembers who asks; that row belongs to an earlier session.
        g.pop("_login_user", None)
        try:
            yield session
        finally:
            g.session = None
