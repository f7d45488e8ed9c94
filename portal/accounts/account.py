"""Adapt User and Credentials to the interface that Flask-Security expects."""

from typing import Any

from flask import g, session
from flask_security import RoleMixin, UserDatastore, UserMixin

from models import Credentials, User
from workflows.access import find_user
from workflows.people.sessions import credentials_in_session

# Where the cookie holds the id of the PortalSession.
SESSION_ID = "session_id"


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
        self.roles = []  # workflows check rights themselves


class Accounts(UserDatastore):
    """Finds accounts in the request's transaction, which commits what was changed."""

    def __init__(self) -> None:
        super().__init__(Account, RoleMixin)

    def find_user(self, case_insensitive: bool = False, **by: Any) -> Account | None:  # noqa: ARG002, FBT
        """Return the account whose session the cookie names, or with this address, or None."""
        if "fs_uniquifier" in by:
            session_id = session.get(SESSION_ID, "")
            credentials = credentials_in_session(g.session, by["fs_uniquifier"], session_id)
        else:
            user = find_user(g.session, by["email"])
            credentials = g.session.get(Credentials, user.id) if user else None
        return Account(credentials) if credentials else None

    def put(self, model: Account) -> None:
        """Save what Flask-Security changes by itself: a hash with newer parameters."""
        model.credentials.password_hash = model.password

    def commit(self) -> None:
        """Do nothing: the request's transaction commits."""
