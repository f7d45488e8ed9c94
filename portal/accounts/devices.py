"""Known devices: browsers in which a person has logged in, which have a throttle of their own.

A cookie, signed and valid for a year, names the person's session stamp and the device.  It grants
no access: it only chooses who is counted (`portal.web.throttle` has the rule).  A new password
voids it, because the stamp changes.
"""

from datetime import timedelta
from uuid import uuid4

from flask import current_app, g, request, session
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from models import Credentials
from portal.web.sign_in import current_user
from portal.web.throttle import account_key
from workflows.people.credentials import credentials_with_stamp

COOKIE = "device"
KNOWN_FOR = timedelta(days=365)


def remember_device(response: Response, credentials: Credentials) -> None:
    """Set the cookie that makes this browser a known device of the person."""
    device = device_of(credentials.session_stamp) or uuid4().hex
    response.set_cookie(
        cookie_name(),
        signer().dumps([credentials.session_stamp, device]),
        max_age=KNOWN_FOR,
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )


def device_of(stamp: str) -> str:
    """Return the id of this browser if it is known to the person with this stamp; else empty."""
    known_to, device = named_in_cookie()
    return device if known_to == stamp else ""


def named_in_cookie() -> tuple[str, str]:
    """Return the session stamp and the device that the cookie names; empty without a valid one."""
    cookie = request.cookies.get(cookie_name(), "")
    try:
        stamp, device = signer().loads(cookie, max_age=int(KNOWN_FOR.total_seconds()))
    except BadData:
        return "", ""
    return stamp, device


def guesser() -> str:
    """Return the throttle's key of who types an address: the known device, else the address."""
    stamp, device = named_in_cookie()
    # Looked up by the cookie alone: the time does not reveal whether the typed address is known.
    known = credentials_with_stamp(g.session, stamp) if stamp else None
    typed = account_key()
    return device if known and account_key(known.user.address) == typed else typed


def pending_guesser() -> str:
    """Return the throttle's key of who has to enter a code: the known device, else the person.

    All who have to enter none share a key: an empty one is an error in the log.
    """
    stamp = str(session.get("pending_log_in", {}).get("stamp", ""))
    return device_of(stamp) or stamp or "none"


def signed_in_guesser() -> str:
    """Return the throttle's key of a reader who types a code on an account page."""
    return str(current_user().id)


def cookie_name() -> str:
    """Return the name of the cookie, beside that of the session."""
    return f"{current_app.config['SESSION_COOKIE_NAME']}-{COOKIE}"


def signer() -> URLSafeTimedSerializer:
    """Return what signs and verifies the cookie, with a key derived from SECRET_KEY."""
    return URLSafeTimedSerializer(current_app.secret_key or "", salt="device")
