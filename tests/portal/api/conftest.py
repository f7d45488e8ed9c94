"""A service that may do everything, at a portal of its own."""

import pytest
from sqlalchemy.orm import Session

from tests.builders import Cast
from tests.portal.api.client import Client, a_key, token_of
from tests.portal.visitors import an_app, forget_guesses


@pytest.fixture
def register(session: Session, people: Cast) -> Client:
    """A service with every scope, which acts for everyone."""
    assert people
    key = a_key(session)
    session.flush()
    app = an_app()
    forget_guesses(app)
    return Client(app, token_of(key))
