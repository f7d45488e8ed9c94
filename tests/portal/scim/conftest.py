"""An identity provider that may do everything."""

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from tests.builders import Cast
from tests.portal.api.client import a_key, token_of
from tests.portal.scim.client import Provider
from tests.portal.visitors import an_app, forget_guesses
from tests.sources import modules_found_once


@pytest.fixture(autouse=True, scope="package")
def messages_made_sooner() -> Iterator[None]:
    """The server and the tester make a model of each message for each resource."""
    with modules_found_once():
        yield


@pytest.fixture
def entra(session: Session, people: Cast) -> Provider:
    """A service with every scope, which acts for everyone."""
    assert people
    key = a_key(session, name="entra")
    session.flush()
    app = an_app()
    forget_guesses(app)
    return Provider(app, token_of(key))
