"""A form that was sent after its session had ended: kept until its author has logged in again.

Every form names its reader, signed: no one else is shown what it holds, and another site cannot
have a form of its own filled in here.
"""

import json
import secrets
from datetime import timedelta
from typing import Any, cast

import redis
from flask import Flask, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.datastructures import ImmutableMultiDict

from models import User
from models.clock import now
from portal.web.flash import flash
from portal.web.i18n import gettext as _
from portal.web.sign_in import reader
from workflows.redis_client import redis_client

# Long enough to find a password or wait for a letter; it is the text of a message, in Redis.
KEPT_FOR = timedelta(minutes=30)

# A stranger's form is bounded by portal/app.py; this bounds what Redis holds of it.
MAX_KEPT = 200_000  # bytes

# What a form names its reader with, and fields that are never kept.
OWNER = "form_of"
SECRETS = {"csrf_token", OWNER, "password", "old", "new", "code", "recovery"}


def configure_kept_forms(app: Flask) -> None:
    """Fill a page that is opened for its kept form; name the reader of each form in templates."""
    app.before_request(fill_page)
    app.jinja_env.globals["form_owner"] = form_owner


def fill_page() -> None:
    """Fill the form of this page with what was kept when its session had ended."""
    asked = request.method == "GET" and "kept" in request.args
    if asked and (user := reader()) is not None and restore(user):
        g.refusal = not_saved_yet()


def form_owner() -> str:
    """Return what a form names its reader with; empty for a stranger's form."""
    user = reader()
    return str(signer().dumps(user.id)) if user else ""


def signer() -> URLSafeSerializer:
    """Return the signer of readers' ids."""
    assert current_app.secret_key is not None
    return URLSafeSerializer(current_app.secret_key, salt="form-owner")


def owner_id() -> int | None:
    """Return the id of the reader for whom the submitted form was rendered, or None."""
    try:
        return cast(int, signer().loads(request.form.get(OWNER, "")))
    except BadSignature:
        return None


def keep(owner: int, page: str) -> ResponseReturnValue | None:
    """Keep the submitted fields, and redirect to the log-in; None if they cannot be kept.

    Files and passwords are not kept.  `page` is the path of the form's page.
    """
    fields = [
        (name, value) for name, value in request.form.items(multi=True) if name not in SECRETS
    ]
    content, token = json.dumps(fields, ensure_ascii=False).encode(), secrets.token_urlsafe()
    try:
        if len(content) > MAX_KEPT or not redis_client.set(place(token), content, ex=KEPT_FOR):
            return None
    except redis.RedisError:
        return None
    until = (now() + KEPT_FOR).timestamp()
    session["kept_form"] = {"token": token, "owner": owner, "page": page, "until": until}
    flash(
        _("Please log in. What you wrote is kept for half an hour and will be in the form again.")
    )
    return redirect(url_for("accounts.log_in", next=page), 303)


def place(token: str) -> str:
    """Return the Redis key of a form."""
    return f"listgate:form:{token}"


def kept_for(user: User) -> dict[str, Any] | None:
    """Return what the session says about a form that is kept for this user, or None."""
    kept: dict[str, Any] | None = session.get("kept_form")
    if kept is None or kept["owner"] != user.id or kept["until"] < now().timestamp():
        return None
    return kept


def not_saved_yet() -> str:
    """Return the reason on a form that is shown again after a log-in."""
    return _(
        "You logged in after this page was opened, so nothing has been saved yet. Please check it "
        "and send it again; files have to be chosen again."
    )


def restore(user: User) -> bool:
    """Fill `request.form` with the fields that are kept for this page; False if there are none."""
    kept = kept_for(user)
    if kept is None or kept["page"] != request.path:
        return False
    try:
        content = redis_client.get(place(kept["token"]))
    except redis.RedisError:
        return False
    if content is None:
        return False
    request.form = ImmutableMultiDict(json.loads(cast(bytes, content)))
    return True
