"""People with browsers, without a browser: they keep cookies and send forms with their token."""

import re
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from functools import cache
from html import unescape
from typing import Any

import pytest
from flask import Flask
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from benchmarks.visits import SERVICES
from models import Credentials, Notification, PortalSession, User
from notifications.letters.composition import render
from portal.app import create_app
from portal.web.throttle import limiter
from settings import Settings, settings
from tests.letter_context import a_context
from workflows.people.credentials import credentials_of

PUBLIC = "https://listgate.example.org"
VERSION = re.compile(r'name="version" value="([^"]+)"')
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
CONTEXT = a_context()


@cache
def an_app(**changes: Hashable) -> Flask:
    """Return the portal as people reach it over TLS, for all tests with these settings."""
    return app_for(settings.model_copy(update={"public_url": PUBLIC, **changes}))


def app_for(settings: Settings) -> Flask:
    """Create the portal, with hashes that take no time."""
    app = create_app(settings)
    security = app.extensions["security"]
    # The hash that people get takes a fifth of a second.
    cheap = {"argon2__memory_cost": 8, "argon2__time_cost": 1, "argon2__parallelism": 1}
    security.pwd_context.update(**cheap)
    # The key of a second factor's secret: 2**14 rounds, each time a code is compared.
    security.totp_factory._totp.wallet.encrypt_cost = 1
    return app


def page_rules(app: Flask) -> list[Rule]:
    """Return the rules of the pages; the routes for services have tests of their own."""
    return [rule for rule in app.url_map.iter_rules() if not rule.endpoint.startswith(SERVICES)]


def answered(app: Flask, *request: Any, **options: Any) -> TestResponse:
    """Send a request, as one without a browser's cookies; return its answer, read and closed."""
    answer = app.test_client(use_cookies=False).open(*request, **options)
    answer.get_data()
    answer.close()
    return answer


def forget_guesses(app: Flask) -> None:
    """Reset the throttle, whatever tests before this one did."""
    with app.app_context():
        # While Redis seems unavailable, it counts in this process, and starts again later.
        limiter._storage_dead = False
        limiter.reset()


@contextmanager
def counted(times: int) -> Iterator[None]:
    """Let the throttle count each request so many times."""
    hit = limiter.limiter.hit
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limiter.limiter, "hit", lambda *key, cost: hit(*key, cost=cost * times))
        yield


class Visitor:
    """One browser: `get` a page, `send` the form that is on it."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client = app.test_client()
        self.page = ""  # the last one that was shown

    def get(self, path: str, **headers: str) -> TestResponse:
        """Open a page, without following it further."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.shown(self.client.get(path, base_url=PUBLIC, headers=named))

    def send(self, path: str, **fields: str | list[str]) -> TestResponse:
        """Send a form with the hidden fields of the page that is open."""
        hidden = {"version": version[1]} if (version := VERSION.search(self.page)) else {}
        return self.post(path, csrf_token=self.token(), **(hidden | fields))

    def token(self) -> str:
        """Return the token on the page that is open, or the one that the next form would have."""
        if shown := TOKEN.search(self.page):
            return shown[1]
        assert self.app.secret_key is not None
        # As Flask-WTF does: one per session, signed for each form.
        with self.client.session_transaction(base_url=PUBLIC) as cookie:
            own = cookie.setdefault("csrf_token", "made by a form")
        return str(URLSafeTimedSerializer(self.app.secret_key, salt="wtf-csrf-token").dumps(own))

    def post(self, path: str, **fields: str | list[str]) -> TestResponse:
        """Send just this."""
        return self.shown(self.client.post(path, base_url=PUBLIC, data=fields))

    def shown(self, answer: TestResponse) -> TestResponse:
        """Store the page that was answered."""
        answer.get_data()
        answer.close()
        if answer.mimetype == "text/html" and answer.status_code != 303:
            self.page = unescape(answer.text)
        return answer

    @property
    def knows_me(self) -> bool:
        """Whether this browser is logged in."""
        return self.get("/").status_code == 200


def log_in_as(session: Session, visitor: Visitor, user: User) -> Visitor:
    """Give the browser a session of this person, as after a log-in."""
    known = session.get(Credentials, user.id) or Credentials(user_id=user.id)
    begun = PortalSession(user_id=user.id)
    session.add_all([known, begun])
    session.flush()
    with visitor.client.session_transaction(base_url=PUBLIC) as cookie:
        cookie.update(_user_id=known.session_stamp, _fresh=True, session_id=begun.id)
    return visitor


def give_password(session: Session, user: User, app: Flask, password: str) -> Credentials:
    """Give this person a password."""
    kept = credentials_of(session, user)
    with app.app_context():
        kept.password_hash = app.extensions["security"].pwd_context.hash(password)
    session.flush()
    return kept


def link_for(session: Session, user: User) -> str:
    """The path of the link in the newest letter to this person, which a worker has written."""
    newest = select(Notification).where(Notification.user_id == user.id)
    letter = session.scalars(newest.order_by(Notification.id.desc()).limit(1)).one()
    text = render(letter, CONTEXT).text
    session.flush()
    (found,) = set(re.findall(r"https?://[^/\s]+(/link/[a-z2-7]+)", text))
    return str(found)


def hashes_computed(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows with every hash that the portal computes."""
    context, work = visitor.app.extensions["security"].pwd_context, []

    def counted(name: str) -> Callable[..., object]:
        does = getattr(context, name)

        def count(*given: object) -> object:
            work.append(name)
            return does(*given)

        return count

    for name in ("hash", "verify"):
        monkeypatch.setattr(context, name, counted(name))
    return work
