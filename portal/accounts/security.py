"""Configure Flask-Security: it does hashes, sessions and codes; the pages are ours."""

from base64 import b64encode

import qrcode  # type: ignore[import-untyped]
from flask import Flask
from flask_security import Security, hash_password
from flask_security.totp import Totp
from passlib.totp import TotpMatch
from qrcode.image.svg import SvgPathImage  # type: ignore[import-untyped]

from notifications.letters.keys import Keys
from portal.accounts.account import Account, Accounts
from settings import Settings


class Codes(Totp):
    """Codes of a second factor (RFC 6238), each of which is accepted once."""

    def get_last_counter(self, user: Account) -> int | None:  # type: ignore[override]
        """Return the time slot of the last used code."""
        return user.credentials.totp_counter

    def set_last_counter(self, user: Account, tmatch: TotpMatch) -> None:  # type: ignore[override]
        """Save the time slot of a used code."""
        user.credentials.totp_counter = tmatch.counter

    def generate_qrcode(self, username: str, totp: str) -> str:
        """Return the secret as an SVG of one path, a quarter of the size of the default."""
        picture = qrcode.make(self.get_totp_uri(username, totp), image_factory=SvgPathImage)
        return f"data:image/svg+xml;base64,{b64encode(picture.to_string()).decode()}"


def configure_security(app: Flask, settings: Settings) -> None:
    """Register Flask-Security with these settings."""
    keys = Keys.from_settings(settings)
    app.config.update(
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106 (the name of a hash)
        SECURITY_PASSWORD_SCHEMES=["argon2"],
        # No pepper: changing SECRET_KEY must not invalidate every password.
        SECURITY_PASSWORD_SINGLE_HASH=["argon2"],
        SECURITY_TWO_FACTOR=True,
        SECURITY_TWO_FACTOR_ENABLED_METHODS=["authenticator"],
        SECURITY_TOTP_SECRETS={"1": keys.derived("codes").hex()},
        SECURITY_TOTP_ISSUER="Listgate",
        SECURITY_CLI_USERS_NAME=None,
        SECURITY_CLI_ROLES_NAME=None,
    )
    security = Security(app, Accounts(), register_blueprint=False, totp_cls=Codes)
    # Only the log-in page logs in, never a token in a header or URL.
    security.login_manager.request_loader(lambda _request: None)


def compute_dummy_hash(password: str = "") -> None:
    """Take as long as verifying a password, so that the time does not reveal who has an account."""
    hash_password(password)
