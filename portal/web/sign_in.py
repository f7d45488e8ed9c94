"""Who reads a page, and pages that are for people who have logged in."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import flask_login
from flask import abort, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from models import Actor, Door, User

Args = ParamSpec("Args")


def reader() -> User | None:
    """The person who has logged in, as a row of the request's session, or None."""
    # Where the database is away there is no session, and nobody is known.
    if g.get("session") is None or not flask_login.current_user.is_authenticated:
        return None
    user: User = flask_login.current_user.user
    return user


def current_user() -> User:
    """The person who acts, for views that are `signed_in`."""
    user = reader()
    assert user is not None, "only for views that are @signed_in"
    return user


def current_actor() -> Actor:
    """The person who acts, through the portal; for views that are `signed_in`."""
    return Actor(current_user(), Door.PORTAL)


def signed_in(view: Callable[Args, ResponseReturnValue]) -> Callable[Args, ResponseReturnValue]:
    """Have a stranger log in first and come back; what a stranger sends is refused (401)."""

    @wraps(view)
    def checked(*args: Args.args, **kwargs: Args.kwargs) -> ResponseReturnValue:
        if reader() is not None:
            return view(*args, **kwargs)
        # A script that refreshes a part of a page is to leave the page as it is.
        if request.method == "POST" or "X-Live" in request.headers:
            abort(401)
        return redirect(url_for("accounts.log_in", next=request.full_path.rstrip("?")), 303)

    return checked


def safe_next(wanted: str | None) -> str:
    """Where to go after the log-in: a path of ours, or home."""
    # Browsers read // and /\ as the beginning of another site's address.
    if wanted and wanted.startswith("/") and wanted[1:2] not in {"/", "\\"}:
        return wanted if wanted.isprintable() else "/"
    return "/"
