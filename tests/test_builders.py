"""What a builder puts directly is what the verbs leave."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Actor, Dispatch, Door, Verdict
from models.base import Base
from tests.builders import Cast, a_dispatch, ask
from tests.databases import restart_ids
from workflows.moderation.decide import decide


def rows(session: Session) -> dict[str, list[dict[str, Any]]]:
    """Return all rows, without moments and random marks."""
    session.flush()
    return {
        table.name: [
            {
                name: isinstance(value, datetime) or (name == "mark" or value)
                for name, value in row.items()
            }
            for row in session.execute(select(table)).mappings()
        ]
        for table in Base.metadata.sorted_tables
    }


def test_a_dispatch_has_the_rows_of_a_message_that_was_asked_about_and_approved(
    session: Session, people: Cast
) -> None:
    with session.begin_nested() as everything:
        restart_ids(session.connection())
        a_dispatch(session, people)
        put = rows(session)
        everything.rollback()
    session.expire_all()
    restart_ids(session.connection())

    request = ask(session, people)
    decide(session, request, Verdict.APPROVED, actor=Actor(people.grace, Door.PORTAL))

    assert rows(session) == put
    assert session.scalars(select(Dispatch)).one().request_id == request.id
