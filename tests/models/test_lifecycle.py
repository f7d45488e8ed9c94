"""The guards of every state: moves, move(), the trigger, the constraints."""

from itertools import permutations

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import (
    Actor,
    Base,
    Decision,
    Delivery,
    Dispatch,
    Door,
    Event,
    EventDelivery,
    EventEndpoint,
    EventKind,
    IllegalTransition,
    InboundMail,
    Lifecycle,
    Message,
    MessageState,
    ModerationRequest,
    Notification,
    RequestState,
    Service,
    SubscriptionRequest,
    Sync,
    Verdict,
    legal_move,
)
from models.clock import now
from tests.builders import Cast, a_draft, a_request
from workflows.moderation.decide import decide

KINDS: list[type[Lifecycle]] = [
    Message,
    ModerationRequest,
    Notification,
    Dispatch,
    Delivery,
    InboundMail,
    SubscriptionRequest,
    Sync,
    EventDelivery,
]
MOVES = {
    (kind.__tablename__, origin and origin.value, target.value)
    for kind in KINDS
    for origin, targets in kind.moves.items()
    for target in targets
}


def states(kind: type[Lifecycle]) -> list[str]:
    """Return every value of the state of this kind."""
    (initial,) = kind.moves[None]
    return [state.value for state in type(initial)]


@pytest.fixture
def row_ids(session: Session, people: Cast) -> dict[type[Lifecycle], int]:
    """The id of one row of each kind."""
    request = a_request(session, people)
    decide(session, request, Verdict.APPROVED, actor=Actor(people.grace, Door.PORTAL))
    dispatch = session.scalars(select(Dispatch)).one()
    session.add(
        Delivery(dispatch_id=dispatch.id, address="edsger@example.org", next_attempt_at=now())
    )
    session.add(InboundMail(raw=b"", envelope_sender="", envelope_recipient=""))
    session.add(SubscriptionRequest(list_id=people.announce.id, user_id=people.ada.id))
    session.add(Sync(list_id=people.announce.id))
    register = EventEndpoint(service=Service(name="register", scopes=[]), kinds=[])
    event = Event(kind=EventKind.WEBHOOK_TEST, data={})
    session.add(EventDelivery(event=event, endpoint=register, about="webhook:1"))
    session.flush()
    return {kind: session.scalars(select(func.min(kind.id))).one() for kind in KINDS}


def put(session: Session, kind: type[Lifecycle], row_id: int, state: str) -> None:
    """Set the state of a row without the trigger."""
    session.connection().exec_driver_sql(
        "set local session_replication_role = replica;"
        f" update {kind.__tablename__} set state = '{state}' where id = {row_id};"
        " set local session_replication_role = origin"
    )


def test_every_kind_with_a_state_is_tested_here() -> None:
    mapped = {mapper.class_ for mapper in Base.registry.mappers}

    assert {kind for kind in mapped if issubclass(kind, Lifecycle)} == set(KINDS)


def test_python_and_the_database_allow_the_same_moves(session: Session) -> None:
    rows = session.execute(select(legal_move)).all()

    assert {tuple(row) for row in rows} == MOVES


def test_raw_sql_moves_only_along_the_moves(
    session: Session, row_ids: dict[type[Lifecycle], int]
) -> None:
    moves = [(kind, *move) for kind in KINDS for move in permutations(states(kind), 2)]

    for kind, origin, target in moves:
        table, row_id = kind.__tablename__, row_ids[kind]
        put(session, kind, row_id, origin)
        move = text(f"update {table} set state = '{target}' where id = {row_id} returning state")
        if (table, origin, target) in MOVES:
            assert session.scalar(move) == target
        else:
            refused = f"may not move from {origin} to {target}"
            with pytest.raises(IntegrityError, match=refused), session.begin_nested():
                session.execute(move)


def test_raw_sql_inserts_no_row_in_a_later_state(
    session: Session, row_ids: dict[type[Lifecycle], int]
) -> None:
    for kind, row_id in row_ids.items():
        table, columns = kind.__tablename__, kind.__table__.columns
        copied = ", ".join(c.name for c in columns if c.name not in {"id", "state"})
        for state in later_states(kind):
            birth = text(
                f"insert into {table} (state, {copied}) "
                f"select '{state}', {copied} from {table} where id = {row_id}"
            )
            with pytest.raises(IntegrityError, match="from nothing"), session.begin_nested():
                session.execute(birth)


def later_states(kind: type[Lifecycle]) -> set[str]:
    """Return every state that a row of this kind can move to, but not begin in."""
    moves = [move for move in MOVES if move[0] == kind.__tablename__]
    return {target for _, origin, target in moves if origin} - {
        target for _, origin, target in moves if origin is None
    }


def test_raw_sql_accepts_no_other_value(
    session: Session, row_ids: dict[type[Lifecycle], int]
) -> None:
    for kind, row_id in row_ids.items():
        change = f"update {kind.__tablename__} set state = 'published' where id = {row_id}"
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(text(change))


def test_plain_assignment_of_a_state_is_refused(session: Session, people: Cast) -> None:
    draft = a_draft(session, people)

    with pytest.raises(AttributeError, match="changes only by move"):
        draft.state = MessageState.SENT


def test_an_illegal_move_names_the_current_state(session: Session, people: Cast) -> None:
    draft = a_draft(session, people)

    with pytest.raises(IllegalTransition, match=r"is draft; it cannot become sent"):
        draft.move(MessageState.SENT)


def test_a_row_in_another_state_cannot_be_taken(session: Session, people: Cast) -> None:
    request = a_request(session, people)

    assert ModerationRequest.take(session, request.id, RequestState.OPEN) is request
    assert ModerationRequest.take(session, request.id, RequestState.DECIDED) is None


def test_a_message_has_at_most_one_open_request(session: Session, people: Cast) -> None:
    request = a_request(session, people)

    session.add(ModerationRequest(message_id=request.message_id, content_hash="other"))
    with pytest.raises(IntegrityError, match="one_open"):
        session.flush()


def test_a_request_has_at_most_one_decision(session: Session, people: Cast) -> None:
    request = a_request(session, people)
    decide(session, request, Verdict.APPROVED, actor=Actor(people.grace, Door.PORTAL))
    session.expunge_all()

    session.add(
        Decision(
            request_id=request.id,
            approver_id=people.linus.id,
            verdict=Verdict.REJECTED,
            via=Door.PORTAL,
            comment="",
        )
    )
    with pytest.raises(IntegrityError, match="decision_pkey"):
        session.flush()


@pytest.mark.parametrize("authorisations", [0, 2])
def test_a_dispatch_needs_exactly_one_authorisation(
    session: Session, people: Cast, authorisations: int
) -> None:
    request = a_request(session, people)
    both = authorisations == 2

    session.add(
        Dispatch(
            message_id=request.message_id,
            content_hash="",
            request_id=request.id if both else None,
            released_by_id=people.ada.id if both else None,
        )
    )
    with pytest.raises(IntegrityError, match="authorised"):
        session.flush()


@pytest.mark.parametrize("table", ["audit_entry", "decision"])
@pytest.mark.parametrize(
    "change", ["delete from {}", "update {} set via = via", "truncate {} cascade"]
)
def test_audit_entries_and_decisions_cannot_be_changed_or_deleted(
    session: Session, table: str, change: str
) -> None:
    change = change.replace("via", "door") if table == "audit_entry" else change

    with pytest.raises(IntegrityError, match="only ever added to"):
        session.execute(text(change.format(table)))
