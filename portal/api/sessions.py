"""No session below /api and /scim: a cookie counts for pages only, and none is set."""

from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin


class SessionsOfPages(SecureCookieSessionInterface):
    """The session of a page's reader; for a service, an empty one that is never sent."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Return the session of the cookie."""
        if is_of_service(request):
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Send the session as a cookie."""
        if not is_of_service(request):
            super().save_session(app, session, response)


def is_api(request: Request) -> bool:
    """Whether the request is for the HTTP API or its description."""
    return request.path.startswith("/api/")


def is_of_service(request: Request) -> bool:
    """Whether the request is one that only a service makes."""
    return is_api(request) or request.path.startswith("/scim/")
