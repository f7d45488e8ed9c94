"""A request that waits for answers by mail."""

import pytest
from sqlalchemy.orm import Session

from models import ModerationRequest
from tests.builders import Cast
from tests.workflows.inbound.mails import a_request_with_letters


@pytest.fixture
def asked(session: Session, people: Cast) -> ModerationRequest:
    """An open request whose letters have been written."""
    return a_request_with_letters(session, people)
