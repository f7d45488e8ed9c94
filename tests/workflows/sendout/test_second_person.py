"""A list that requires a second person: nothing leaves by one person's act (P2)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Actor,
    Delivery,
    DeliveryState,
    Dispatch,
    DispatchState,
    Door,
    Message,
    MessageState,
    Verdict,
)
from models.clock import now
from tests.builders import LIMIT, Cast, an_eml
from workflows.messages.drafts import reschedule
from workflows.messages.write import Draft, hand_in, write
from workflows.moderation.approvers import NotAnApprover
from workflows.moderation.decide import decide
from workflows.queries.message_status import newest_request
from workflows.sendout.doubts import Choice, resend
from workflows.sendout.resume import resume
from workflows.sendout.schedule import recall, release
from workflows.sendout.second_person import NeedsSecondPerson
from workflows.sendout.winner import choose_winner


def of_barbara(session: Session, people: Cast) -> Message:
    """A draft of Barbara's, who may send to the list (601)."""
    draft = Draft(people.announce, an_eml())
    return write(session, draft, actor=Actor(people.barbara, Door.PORTAL), max_bytes=LIMIT)


def test_who_may_send_asks_and_never_answers_an_own_request(session: Session, people: Cast) -> None:
    people.announce.second_person, people.announce.four_eyes = True, False
    people.approvers.members.append(people.barbara)
    message, barbara = of_barbara(session, people), Actor(people.barbara, Door.PORTAL)

    with pytest.raises(NeedsSecondPerson, match="approval of a second person: request it"):
        release(session, message, actor=barbara)
    hand_in(session, message, actor=barbara)

    request = newest_request(session, message)
    assert message.state is MessageState.IN_MODERATION
    assert request.approvers() == [people.grace, people.linus]
    with pytest.raises(NotAnApprover):
        decide(session, request, Verdict.APPROVED, actor=barbara)
    decide(session, request, Verdict.APPROVED, actor=Actor(people.grace, Door.PORTAL))
    reschedule(session, message, actor=barbara, send_at=now() + timedelta(days=1))
    session.refresh(message)
    assert message.state.value == "scheduled"


def test_what_one_person_released_before_cannot_be_made_to_send_more(
    session: Session, people: Cast
) -> None:
    message, barbara = of_barbara(session, people), Actor(people.barbara, Door.PORTAL)
    dispatch = release(session, message, actor=barbara)
    people.announce.second_person = True
    acts: list[tuple[DispatchState, Callable[[Actor], object]]] = [
        (
            DispatchState.WAITING,
            lambda actor: reschedule(session, message, actor=actor, send_at=None),
        ),
        (
            DispatchState.SENDING,
            lambda actor: resend(session, message, Choice([DeliveryState.FAILED]), actor=actor),
        ),
        (
            DispatchState.SENDING,
            lambda actor: choose_winner(session, message, message.id, actor=actor),
        ),
        (DispatchState.STOPPED, lambda actor: resume(session, message, actor=actor)),
    ]

    for state, act in acts:
        bring_to(session, dispatch, state)
        for actor in (barbara, Actor.operator()):
            with pytest.raises(NeedsSecondPerson, match="No second person has approved message"):
                act(actor)
    assert session.scalars(select(Delivery)).all() == []


def bring_to(session: Session, dispatch: Dispatch, state: DispatchState) -> None:
    """Take the sendout to this state."""
    message = dispatch.message
    if state is DispatchState.SENDING and dispatch.state is DispatchState.WAITING:
        dispatch.move(DispatchState.SENDING)
        message.move(MessageState.SENDING)
        message.rest_at = now() + timedelta(days=1)
    if state is DispatchState.STOPPED:
        recall(session, message, actor=Actor(message.author, Door.PORTAL))
    session.flush()
    assert dispatch.state is state
