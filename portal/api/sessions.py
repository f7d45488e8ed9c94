"""No session below /api: a cookie counts for pages only, and none is set."""

from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin


class SessionsOfPages(SecureCookieSessionInterface):
    """The session of a page's reader; for the HTTP API, an empty one that is never sent."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Return the session of the cookie."""
        if is_api(request):
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Send the session as a cookie."""
        if not is_api(request):
            super().save_session(app, session, response)


def is_api(request: Request) -> bool:
    """Whether the request is for the HTTP API or its description."""
    return request.path.startswith("/api/")
