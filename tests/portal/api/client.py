"""A service that calls the HTTP API of an application, without a network."""

from typing import Any

from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from models import Actor, ActsFor, Scope, ServiceKey
from notifications.letters.keys import Keys
from settings import settings
from tests.portal.visitors import PUBLIC, answered
from workflows.services.services import add_key, add_service

KEYS = Keys.from_settings(settings)


class Client:
    """A service with a token."""

    def __init__(self, app: Flask, token: str) -> None:
        self.app = app
        self.token = token
        self.number = 0

    def send(self, method: str, path: str, **options: Any) -> TestResponse:
        """Send a request below /api/v1 with the token; if it changes something, with a new key."""
        headers = {"Authorization": f"Bearer {self.token}"}
        if method != "GET":
            self.number += 1
            headers["Idempotency-Key"] = f"key-{self.number}"
        headers |= options.pop("headers", {})
        options |= {"method": method, "base_url": PUBLIC, "headers": headers}
        return answered(self.app, f"/api/v1{path}", **options)

    def get(self, path: str, **options: Any) -> TestResponse:
        """Read."""
        return self.send("GET", path, **options)


def a_key(
    session: Session,
    *scopes: Scope,
    name: str = "register",
    acts_for: ActsFor = ActsFor.EVERYONE,
) -> ServiceKey:
    """Add a service with these scopes, by default all, and a key."""
    operator = Actor.operator()
    service = add_service(session, name, scopes or tuple(Scope), acts_for=acts_for, actor=operator)
    return add_key(session, service, actor=operator)


def token_of(key: ServiceKey) -> str:
    """Return the token of a key."""
    return KEYS.service_token(key.id, key.salt)
