"""The reader of a page, and the decorator of pages that require log-in."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import flask_login
from flask import abort, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from models import Actor, Door, User

Args = ParamSpec("Args")


def reader() -> User | None:
    """Return the user who has logged in, as a row of the request's session, or None."""
    # Without the database there is no session, and no known reader.
    if g.get("session") is None or not flask_login.current_user.is_authenticated:
        return None
    user: User = flask_login.current_user.user
    return user


def current_user() -> User:
    """Return the reader; only for views that are `signed_in`."""
    user = reader()
    assert user is not None, "only for views that are @signed_in"
    return user


def current_actor() -> Actor:
    """Return the reader as an actor; only for views that are `signed_in`."""
    return Actor(current_user(), Door.PORTAL)


def signed_in(view: Callable[Args, ResponseReturnValue]) -> Callable[Args, ResponseReturnValue]:
    """Require log-in: GET redirects to the log-in page, POST answers 401."""

    @wraps(view)
    def checked(*args: Args.args, **kwargs: Args.kwargs) -> ResponseReturnValue:
        if reader() is not None:
            return view(*args, **kwargs)
        # live.js ignores a 401, and leaves the page as it is.
        if request.method == "POST" or "X-Live" in request.headers:
            abort(401)
        return redirect(url_for("accounts.log_in", next=request.full_path.rstrip("?")), 303)

    return checked


def safe_next(path: str | None) -> str:
    """Return where to redirect after log-in: a path of ours, else the home page."""
    # Browsers take // and /\ for the start of another site's URL.
    if path and path.startswith("/") and path[1:2] not in {"/", "\\"}:
        return path if path.isprintable() else "/"
    return "/"
