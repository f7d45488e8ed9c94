"""The rule of who may answer a request: Python and SQL agree."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import ApproverList, Message, ModerationRequest, User
from models.clock import now
from tests.builders import Cast, a_request

NAMES = ["ada", "grace", "linus", "barbara", "edsger"]
SOME = st.sets(st.sampled_from(NAMES))


@pytest.fixture
def asked(session: Session, people: Cast) -> ModerationRequest:
    """An open request of a list with two approver lists."""
    request = a_request(session, people)
    people.announce.escalation_list = ApproverList(name="board")
    session.flush()
    return request


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    editors=SOME,
    board=st.none() | SOME,
    disabled=SOME,
    four_eyes=st.booleans(),
    escalated=st.booleans(),
)
def test_sql_finds_exactly_the_users_whom_python_names(
    session: Session,
    people: Cast,
    asked: ModerationRequest,
    *,
    editors: set[str],
    board: set[str] | None,
    disabled: set[str],
    four_eyes: bool,
    escalated: bool,
) -> None:
    users = {name: getattr(people, name) for name in NAMES}
    people.approvers.members = [users[name] for name in editors]
    people.announce.escalation_list = board_of(session, board, users)
    people.announce.four_eyes = four_eyes
    asked.escalated_at = now() if escalated else None
    for name, user in users.items():
        user.disabled_at = now() if name in disabled else None
    session.flush()

    found = {user for user in users.values() if is_answerable_by(session, asked, user)}

    assert found == set(asked.approvers())


def board_of(
    session: Session, members: set[str] | None, users: dict[str, User]
) -> ApproverList | None:
    """The escalation list with these members, or none."""
    if members is None:
        return None
    board = session.scalars(select(ApproverList).where(ApproverList.name == "board")).one()
    board.members = [users[name] for name in members]
    return board


def is_answerable_by(session: Session, request: ModerationRequest, user: User) -> bool:
    """The answer of the SQL expression."""
    found = (
        select(ModerationRequest.id)
        .join(ModerationRequest.message)
        .join(Message.mailing_list)
        .where(ModerationRequest.id == request.id, ModerationRequest.answerable_by(user.id))
    )
    return session.scalar(found) is not None
