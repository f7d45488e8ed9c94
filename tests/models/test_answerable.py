"""The rule of who may answer a request: Python and SQL agree."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models import Absence, ApproverList, Message, ModerationRequest, Subscription, User
from models.clock import now
from tests.builders import Cast, a_request

NAMES = ["ada", "grace", "linus", "barbara", "edsger"]
# Small sets, so that most examples have a deputy on whom something depends.
EDITORS = st.sets(st.sampled_from(["ada", "grace", "linus"]), min_size=1)
BOARD = st.sets(st.sampled_from(["linus", "barbara"]))
DEPUTIES = st.sampled_from(["edsger", "edsger", "barbara", "ada", None])
# Who is away, with the deputy's name, and whether it is now.
AWAY = st.dictionaries(
    st.sampled_from(["grace", "linus", "barbara"]), st.tuples(DEPUTIES, st.booleans()), min_size=1
)

# Grace has a deputy, who is disabled or not of the list in the examples that have to be tried.
ASKED = {
    "editors": {"grace", "linus"},
    "board": None,
    "away": {"grace": ("edsger", True)},
    "four_eyes": True,
    "second_person": False,
    "escalated": False,
}


@pytest.fixture
def asked(session: Session, people: Cast) -> ModerationRequest:
    """An open request of a list with two approver lists."""
    request = a_request(session, people)
    people.announce.escalation_list = ApproverList(name="board")
    session.flush()
    return request


@settings(
    max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    editors=EDITORS,
    board=st.none() | BOARD,
    disabled=st.sets(st.sampled_from(NAMES), max_size=1),
    members=st.sets(st.sampled_from(["edsger", "ada"])),
    away=AWAY,
    four_eyes=st.booleans(),
    second_person=st.booleans(),
    escalated=st.booleans(),
)
@example(**ASKED, disabled={"edsger"}, members={"edsger"})
@example(**ASKED, disabled=set(), members=set())
def test_sql_finds_exactly_the_users_whom_python_names(
    session: Session,
    people: Cast,
    asked: ModerationRequest,
    *,
    editors: set[str],
    board: set[str] | None,
    disabled: set[str],
    members: set[str],
    away: dict[str, tuple[str | None, bool]],
    four_eyes: bool,
    second_person: bool,
    escalated: bool,
) -> None:
    users = {name: getattr(people, name) for name in NAMES}
    people.approvers.members = [users[name] for name in editors]
    people.announce.escalation_list = board_of(session, board, users)
    people.announce.four_eyes = four_eyes
    people.announce.second_person = second_person
    asked.escalated_at = now() if escalated else None
    for name, user in users.items():
        user.disabled_at = now() if name in disabled else None
    session.execute(delete(Subscription))
    list_id = people.announce.id
    session.add_all(Subscription(list_id=list_id, user_id=users[name].id) for name in members)
    send_away(session, users, away)
    session.flush()

    found = {user for user in users.values() if is_answerable_by(session, asked, user)}

    named = asked.approvers()
    assert found == set(named)
    assert len(named) == len(found)


def send_away(
    session: Session, users: dict[str, User], away: dict[str, tuple[str | None, bool]]
) -> None:
    """Replace all absences by these."""
    session.execute(delete(Absence))
    today, day = now(), timedelta(days=1)
    for name, (deputy, is_now) in away.items():
        from_at = today - day if is_now else today - 3 * day
        stands_in = users[deputy] if deputy and deputy != name else None
        until_at = from_at + 2 * day
        session.add(
            Absence(
                user=users[name], from_at=from_at, until_at=until_at, zone="UTC", deputy=stands_in
            )
        )


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


def test_a_deputy_answers_only_in_an_absence_and_not_for_the_author(
    session: Session, people: Cast, asked: ModerationRequest
) -> None:
    """The property shows that the two forms agree; this shows what they say."""
    users = {name: getattr(people, name) for name in NAMES}
    people.approvers.members.append(people.ada)
    for away, deputies in {
        ("grace", "edsger", True): ["edsger"],
        ("grace", "edsger", False): [],
        ("grace", None, True): [],
        ("grace", "linus", True): [],  # who may answer anyway
        ("grace", "ada", True): [],  # the author
        ("ada", "edsger", True): [],  # in place of the author
    }.items():
        send_away(session, users, {away[0]: away[1:]})
        session.flush()

        assert list(asked.answerers().deputies) == [users[name] for name in deputies], away

    send_away(session, users, {"grace": ("edsger", True), "edsger": ("barbara", True)})
    session.flush()
    assert asked.approvers() == [people.grace, people.linus, people.edsger]
    assert asked.answerers().recipients == [people.linus]

    send_away(session, users, {"grace": ("edsger", True)})
    session.execute(delete(Subscription))
    assert asked.approvers() == [people.grace, people.linus]
    send_away(session, users, {"grace": ("barbara", True)})  # who has Right 9601
    assert asked.approvers() == [people.grace, people.linus, people.barbara]
