"""Requests to join: who has to ask, who answers, and what ends a request."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    AuditEntry,
    Change,
    Door,
    Invalid,
    LetterName,
    MailingList,
    Notification,
    Right,
    SelfService,
    Subscription,
    SubscriptionChange,
    SubscriptionRequest,
    SubscriptionRequestState,
    Trespass,
    User,
)
from models.clock import now
from portal.wording.audit_sentences import sentence
from tests.builders import Cast, a_list
from workflows.access import Archived
from workflows.lists.archive import archive
from workflows.lists.lists import ListChanges, edit_list
from workflows.moderation.decide import AlreadyDecided, NoLongerOpen
from workflows.people.removal import remove_user
from workflows.people.users import define_role, disable, grant
from workflows.public.caller import Caller
from workflows.queries.user_search import owners_of
from workflows.subscriptions import requests
from workflows.subscriptions.requests import AskedTooOften, Joined, answer, join
from workflows.subscriptions.subscribe import subscribe, subscribe_all, unsubscribe
from workflows.tasks import PUBLIC

OPEN, ACCEPTED, DECLINED, WITHDRAWN, EXPIRED = SubscriptionRequestState
OPERATOR = Actor.operator()


@pytest.fixture
def choir(session: Session, people: Cast) -> MailingList:
    """A list that one joins on request; Linus looks after it."""
    choir = a_list(session, "choir")
    choir.self_service = SelfService.ON_REQUEST
    define_role(session, "choirmaster", [Right.EDIT_LISTS], actor=OPERATOR)
    grant(session, people.linus, "choirmaster", on=choir, actor=OPERATOR)
    session.flush()
    return choir


def at_portal(user: User) -> Actor:
    return Actor(user, Door.PORTAL)


def asks(session: Session, user: User, choir: MailingList) -> SubscriptionRequest:
    assert join(session, user, choir, actor=at_portal(user)) is Joined.ASKED
    return requests.open_request_of(session, user, choir)


def is_on(session: Session, user: User, choir: MailingList) -> bool:
    return session.get(Subscription, (choir.id, user.id)) is not None


def letters(session: Session, letter: LetterName) -> list[str]:
    """The names of the recipients."""
    sent = select(Notification).where(Notification.letter == letter).order_by(Notification.id)
    return [one.user.name for one in session.scalars(sent)]


def test_an_accepted_request_subscribes_and_all_of_it_is_on_record(
    session: Session, people: Cast, choir: MailingList
) -> None:
    request = asks(session, people.ada, choir)
    assert not is_on(session, people.ada, choir)
    assert letters(session, LetterName.SUBSCRIPTION_REQUEST) == ["Linus Torvalds"]

    answer(session, request, ACCEPTED, actor=at_portal(people.linus), comment=" Welcome. ")

    assert (request.state, request.decided_by, request.via, request.comment) == (
        ACCEPTED,
        people.linus,
        Door.PORTAL,
        "Welcome.",
    )
    journal = session.scalars(select(SubscriptionChange).filter_by(list_id=choir.id)).one()
    assert (journal.user_id, journal.change, journal.by_id) == (
        people.ada.id,
        Change.JOINED,
        people.linus.id,
    )
    assert letters(session, LetterName.SUBSCRIPTION_ANSWER) == ["Ada Lovelace"]
    entries = session.scalars(
        select(AuditEntry).where(AuditEntry.list_id == choir.id).order_by(AuditEntry.id)
    ).all()
    acts = [Act.ASKED_TO_JOIN, Act.ACCEPTED_MEMBER, Act.SUBSCRIBED]
    assert [one.act for one in entries][-3:] == acts
    assert sentence(entries[-2]).endswith(": Welcome.")


def test_a_declined_request_may_be_repeated_after_a_month(
    session: Session, people: Cast, choir: MailingList
) -> None:
    request = asks(session, people.ada, choir)
    answer(session, request, DECLINED, actor=OPERATOR)
    assert letters(session, LetterName.SUBSCRIPTION_ANSWER) == ["Ada Lovelace"]

    with pytest.raises(AskedTooOften, match="you may ask again on"):
        join(session, people.ada, choir, actor=at_portal(people.ada))
    request.decided_at = now() - requests.AFTER_DECLINE

    asks(session, people.ada, choir)


def test_a_withdrawn_request_may_be_repeated_after_a_day(
    session: Session, people: Cast, choir: MailingList
) -> None:
    ada = at_portal(people.ada)
    request = asks(session, people.ada, choir)
    assert join(session, people.ada, choir, actor=ada) is Joined.UNCHANGED

    assert requests.withdraw(session, choir, actor=ada)

    assert request.state is WITHDRAWN
    assert not requests.withdraw(session, choir, actor=ada)
    assert letters(session, LetterName.SUBSCRIPTION_ANSWER) == []
    with pytest.raises(AskedTooOften):
        join(session, people.ada, choir, actor=ada)
    request.asked_at = now() - requests.AFTER_WITHDRAWAL
    asks(session, people.ada, choir)


def test_one_person_asks_only_so_many_lists_at_once(
    session: Session, people: Cast, choir: MailingList, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "MAX_OPEN", 1)
    orchestra = a_list(session, "orchestra")
    orchestra.self_service = SelfService.ON_REQUEST
    asks(session, people.ada, choir)

    with pytest.raises(AskedTooOften, match="You wait for answers about 1 lists"):
        join(session, people.ada, orchestra, actor=at_portal(people.ada))


def test_without_an_owner_everyone_who_edits_all_lists_is_asked(
    session: Session, people: Cast
) -> None:
    people.announce.self_service = SelfService.ON_REQUEST

    asks(session, people.ada, people.announce)

    assert letters(session, LetterName.SUBSCRIPTION_REQUEST) == ["Barbara Liskov"]


def test_who_edits_all_lists_is_asked_like_an_owner_if_granted_on_the_list_too(
    session: Session, people: Cast, choir: MailingList
) -> None:
    grant(session, people.barbara, "choirmaster", on=choir, actor=OPERATOR)

    asks(session, people.ada, choir)

    asked = letters(session, LetterName.SUBSCRIPTION_REQUEST)
    assert asked == ["Linus Torvalds", "Barbara Liskov"]
    assert owners_of(session, choir) == [people.linus]


def test_only_an_owner_answers_and_the_first_answer_stands(
    session: Session, people: Cast, choir: MailingList
) -> None:
    request = asks(session, people.ada, choir)
    with pytest.raises(Trespass):
        answer(session, request, ACCEPTED, actor=at_portal(people.grace))
    answer(session, request, DECLINED, actor=at_portal(people.linus))

    with pytest.raises(AlreadyDecided, match="Linus Torvalds has already declined the request of"):
        answer(session, request, ACCEPTED, actor=at_portal(people.barbara))

    assert not is_on(session, people.ada, choir)


def test_a_person_with_a_request_joins_by_no_other_door(
    session: Session, people: Cast, choir: MailingList
) -> None:
    with pytest.raises(Trespass, match="decide who joins"):
        subscribe(session, people.ada, choir, actor=at_portal(people.ada))
    assert join(session, people.linus, choir, actor=at_portal(people.linus)) is Joined.SUBSCRIBED


@pytest.mark.parametrize("together", [False, True])
def test_who_is_subscribed_meanwhile_asks_no_more(
    session: Session, people: Cast, choir: MailingList, together: bool
) -> None:
    request = asks(session, people.ada, choir)

    if together:
        subscribe_all(session, choir, [people.ada.id], actor=OPERATOR)
    else:
        subscribe(session, people.ada, choir, actor=at_portal(people.barbara))

    assert request.state is ACCEPTED
    assert unsubscribe(session, people.ada, choir, actor=at_portal(people.ada))


def test_a_member_asks_nobody(session: Session, people: Cast, choir: MailingList) -> None:
    subscribe(session, people.ada, choir, actor=OPERATOR)

    assert join(session, people.ada, choir, actor=at_portal(people.ada)) is Joined.UNCHANGED

    assert letters(session, LetterName.SUBSCRIPTION_REQUEST) == []


def opened(session: Session, choir: MailingList, _user: User) -> None:
    edit_list(session, choir, ListChanges(self_service=SelfService.OPEN), actor=OPERATOR)


def archived(session: Session, choir: MailingList, _user: User) -> None:
    archive(session, choir, actor=OPERATOR)


def disabled(session: Session, _choir: MailingList, user: User) -> None:
    disable(session, user, actor=OPERATOR)


def removed(session: Session, _choir: MailingList, user: User) -> None:
    remove_user(session, user, actor=OPERATOR)


@pytest.mark.parametrize(
    ("end", "hears"),
    [
        (archived, ["Ada Lovelace"]),
        (opened, ["Ada Lovelace"]),
        (disabled, []),
        (removed, []),
    ],
)
def test_a_request_ends_with_its_list_and_its_person(
    session: Session,
    people: Cast,
    choir: MailingList,
    end: Callable[[Session, MailingList, User], None],
    hears: list[str],
) -> None:
    request = asks(session, people.ada, choir)

    end(session, choir, people.ada)

    assert request.state is WITHDRAWN
    assert letters(session, LetterName.SUBSCRIPTION_ANSWER) == hears
    entry = session.scalars(select(AuditEntry).filter_by(act=Act.ENDED_JOIN_REQUEST)).one()
    assert sentence(entry).startswith("operator withdrew the request of")
    with pytest.raises(NoLongerOpen):
        answer(session, request, ACCEPTED, actor=OPERATOR)


def test_a_request_that_no_one_answers_expires(
    session: Session, people: Cast, choir: MailingList
) -> None:
    request = asks(session, people.ada, choir)
    requests.expire(session)
    assert request.state is OPEN
    request.asked_at = now() - requests.EXPIRE_AFTER - timedelta(seconds=1)

    requests.expire(session)

    assert request.state is EXPIRED
    assert letters(session, LetterName.SUBSCRIPTION_ANSWER) == ["Ada Lovelace"]
    entry = session.scalars(select(AuditEntry).filter_by(act=Act.ENDED_JOIN_REQUEST)).one()
    assert sentence(entry).endswith("no answer came")
    asks(session, people.ada, choir)


def test_a_list_that_takes_no_requests_refuses_them(
    session: Session, people: Cast, choir: MailingList
) -> None:
    with pytest.raises(Invalid, match="takes no requests"):
        requests.ask_to_join(session, people.announce, actor=at_portal(people.ada))
    archive(session, choir, actor=OPERATOR)
    with pytest.raises(Archived):
        requests.ask_to_join(session, choir, actor=at_portal(people.ada))


def test_a_service_learns_that_the_owners_were_asked(
    session: Session, people: Cast, choir: MailingList
) -> None:
    ada = people.ada.id
    given = {"user_id": ada, "list": choir.short_name, "by_id": ada}
    subscribe = PUBLIC["listgate.subscribe"]

    answers = [
        subscribe.perform(session, Caller(), {**given, "idempotency_key": key}) for key in "12"
    ]

    assert answers == [
        {"user_id": ada, "changed": False, "asked": True},
        {"user_id": ada, "changed": False},
    ]
