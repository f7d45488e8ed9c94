"""Flask-Security as we use it: hashes, sessions and codes are its work, pages are ours."""

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

SHORTEST_PASSWORD = 12  # characters; below that, guessing a stolen hash pays (NIST SP 800-63B)


class Codes(Totp):
    """Codes of a second factor (RFC 6238), each of which counts once."""

    def get_last_counter(self, user: Account) -> int | None:  # type: ignore[override]
        """The slot of the last code that was used."""
        return user.credentials.totp_counter

    def set_last_counter(self, user: Account, tmatch: TotpMatch) -> None:  # type: ignore[override]
        """Remember that a code was used."""
        user.credentials.totp_counter = tmatch.counter

    def generate_qrcode(self, username: str, totp: str) -> str:
        """The secret as a picture, in one path: of a quarter of the bytes, and drawn sooner."""
        picture = qrcode.make(self.get_totp_uri(username, totp), image_factory=SvgPathImage)
        return f"data:image/svg+xml;base64,{b64encode(picture.to_string()).decode()}"


def guard(app: Flask, settings: Settings) -> None:
    """Set Flask-Security up for these settings."""
    keys = Keys.from_settings(settings)
    app.config.update(
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106 (the name of a hash)
        SECURITY_PASSWORD_SCHEMES=["argon2"],
        # No pepper: a SECRET_KEY that is changed must not void every password.
        SECURITY_PASSWORD_SINGLE_HASH=["argon2"],
        SECURITY_TWO_FACTOR=True,
        SECURITY_TWO_FACTOR_ENABLED_METHODS=["authenticator"],
        SECURITY_TOTP_SECRETS={"1": keys.derived("codes").hex()},
        SECURITY_TOTP_ISSUER="Listgate",
        SECURITY_CLI_USERS_NAME=None,
        SECURITY_CLI_ROLES_NAME=None,
    )
    security = Security(app, Accounts(), register_blueprint=False, totp_cls=Codes)
    # People come in by the log-in page alone, never by a token in a header or an address.
    security.login_manager.request_loader(lambda _request: None)


def spend_a_hash(password: str = "") -> None:
    """Take as long as if there were a hash to compare: nobody is to learn that there is none."""
    hash_password(password)
