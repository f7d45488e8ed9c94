"""What Flask-Security wants of a user, over rows that know nothing of it."""

from typing import Any

from flask import g
from flask_security import RoleMixin, UserDatastore, UserMixin
from sqlalchemy import select

from models import Credentials, User
from workflows.access import find_user


class Account(UserMixin):
    """A User with their Credentials, as Flask-Security and Flask-Login see them."""

    fs_uniquifier = ""  # Flask-Security looks for it on the class

    def __init__(self, credentials: Credentials) -> None:
        self.credentials = credentials
        self.user: User = credentials.user
        self.email = self.user.address
        self.active = self.user.disabled_at is None
        self.password = credentials.password_hash
        self.fs_uniquifier = credentials.session_stamp
        self.roles = []  # rights are checked by the verbs


class Accounts(UserDatastore):
    """Finds accounts in the request's transaction, whose end keeps what was changed."""

    def __init__(self) -> None:
        super().__init__(Account, RoleMixin)

    def find_user(self, case_insensitive: bool = False, **by: Any) -> Account | None:  # noqa: ARG002, FBT
        """The account of a session, or of an address, or None."""
        wanted = select(Credentials)
        if "fs_uniquifier" in by:
            wanted = wanted.where(Credentials.session_stamp == by["fs_uniquifier"])
        else:
            user = find_user(g.session, by["email"])
            wanted = wanted.where(Credentials.user_id == (user and user.id))
        found = g.session.scalar(wanted)
        return found and Account(found)

    def put(self, model: Account) -> None:
        """Keep what Flask-Security itself changes: a hash that it made anew, and stronger."""
        model.credentials.password_hash = model.password

    def commit(self) -> None:
        """The request's transaction ends by itself."""
