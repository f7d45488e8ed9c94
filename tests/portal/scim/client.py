"""An identity provider that calls the SCIM server of an application, without a network."""

from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from tests.portal.visitors import PUBLIC, answered

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


class Provider:
    """An identity provider with a token."""

    def __init__(self, app: Flask, token: str) -> None:
        self.app = app
        self.token = token

    def send(self, method: str, path: str, **options: Any) -> TestResponse:
        """Send a request below /scim/v2; a JSON body is application/scim+json."""
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        if "json" in options:
            options.setdefault("content_type", "application/scim+json")
        options |= {"method": method, "base_url": PUBLIC, "headers": headers}
        return answered(self.app, f"/scim/v2{path}", **options)

    def get(self, path: str, **options: Any) -> TestResponse:
        """Read."""
        return self.send("GET", path, **options)

    def add(self, **attributes: Any) -> TestResponse:
        """Add a user."""
        return self.send("POST", "/Users", json={"schemas": [USER], **attributes})

    def patch(self, path: str, *operations: Any) -> TestResponse:
        """Patch a user."""
        return self.send("PATCH", path, json={"schemas": [PATCH], "Operations": operations})
