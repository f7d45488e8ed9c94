"""An identity provider that may do everything."""

import pytest
from sqlalchemy.orm import Session

from tests.builders import Cast
from tests.portal.api.client import a_key, token_of
from tests.portal.scim.client import Provider
from tests.portal.visitors import an_app, forget_guesses


@pytest.fixture
def entra(session: Session, people: Cast) -> Provider:
    """A service with every scope, which acts for everyone."""
    assert people
    key = a_key(session, name="entra")
    session.flush()
    app = an_app()
    forget_guesses(app)
    return Provider(app, token_of(key))
