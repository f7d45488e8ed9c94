"""The first answer to a request to join wins (P1): accepting, declining and withdrawing at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    AuditEntry,
    Door,
    LetterName,
    MailingList,
    Notification,
    Refusal,
    SelfService,
    Subscription,
    SubscriptionRequest,
    SubscriptionRequestState,
    User,
)
from tests.builders import cast
from workflows.lists.archive import archive
from workflows.subscriptions.requests import answer, ask_to_join, withdraw
from workflows.transaction import transaction

_OPEN, ACCEPTED, DECLINED, WITHDRAWN, _EXPIRED = SubscriptionRequestState
ENDINGS = {
    Act.ACCEPTED_MEMBER.value: ACCEPTED,
    Act.DECLINED_MEMBER.value: DECLINED,
    Act.ENDED_JOIN_REQUEST.value: WITHDRAWN,
}


def answering(request_id: int, to: SubscriptionRequestState) -> Callable[[Session], object]:
    def act(session: Session) -> None:
        request = session.get_one(SubscriptionRequest, request_id)
        answer(session, request, to, actor=Actor.operator())

    return act


def asking(user_id: int, list_id: int) -> Callable[[Session], object]:
    def act(session: Session) -> bool:
        actor = Actor(session.get_one(User, user_id), Door.PORTAL)
        return ask_to_join(session, session.get_one(MailingList, list_id), actor=actor)

    return act


def withdrawing(user_id: int, list_id: int) -> Callable[[Session], object]:
    def act(session: Session) -> bool:
        actor = Actor(session.get_one(User, user_id), Door.PORTAL)
        return withdraw(session, session.get_one(MailingList, list_id), actor=actor)

    return act


def archiving(list_id: int) -> Callable[[Session], object]:
    def act(session: Session) -> bool:
        return archive(session, session.get_one(MailingList, list_id), actor=Actor.operator())

    return act


def at_once(*acts: Callable[[Session], object]) -> list[object]:
    """Run each act in a transaction of its own, and return what came of each."""
    start = Barrier(len(acts))

    def run(act: Callable[[Session], object]) -> object:
        start.wait(60)
        try:
            with transaction() as session:
                return act(session)
        except Refusal as refusal:
            return refusal

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(run, acts))


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("by_archive", [False, True])
def test_of_several_answers_at_once_one_decides(own_database: Engine, by_archive: bool) -> None:
    with Session(own_database, expire_on_commit=False) as session, session.begin():
        people = cast(session)
        people.announce.self_service = SelfService.ON_REQUEST
        request = SubscriptionRequest(user_id=people.ada.id, list_id=people.announce.id)
        session.add(request)
    ada, announce = people.ada.id, people.announce.id
    answers = [answering(request.id, to) for to in (ACCEPTED, DECLINED, ACCEPTED)]

    at_once(*answers, archiving(announce) if by_archive else withdrawing(ada, announce))

    with Session(own_database) as session:
        state = session.get_one(SubscriptionRequest, request.id).state
        acts = session.scalars(select(AuditEntry.act).where(AuditEntry.act.in_(ENDINGS))).all()
        sent = select(Notification).filter_by(letter=LetterName.SUBSCRIPTION_ANSWER)
        letters = len(session.scalars(sent).all())
        subscription = session.get(Subscription, (announce, ada))
    assert [ENDINGS[act] for act in acts] == [state]
    assert letters == (0 if state is WITHDRAWN and not by_archive else 1)
    assert (subscription is not None) == (state is ACCEPTED)


@pytest.mark.usefixtures("published")
def test_asking_twice_at_once_is_asking_once(own_database: Engine) -> None:
    with Session(own_database, expire_on_commit=False) as session, session.begin():
        people = cast(session)
        people.announce.self_service = SelfService.ON_REQUEST
    act = asking(people.ada.id, people.announce.id)

    assert sorted(map(str, at_once(act, act, act))) == ["False", "False", "True"]

    with Session(own_database) as session:
        assert len(session.scalars(select(SubscriptionRequest)).all()) == 1
