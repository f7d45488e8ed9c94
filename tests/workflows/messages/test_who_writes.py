"""Who may write to a list and ask there, at every door, and how many requests may be open."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from models import Actor, Door, ListKind, Message, MessageState, Right, User, WhoMayAsk
from tests.builders import LIMIT, Cast, a_draft, an_eml, the_cast
from tests.workflows.locks import wait_until_one_waits
from workflows.lists import lists
from workflows.lists.lists import ListChanges, NewList, edit_list
from workflows.messages.drafts import copy, rewrite
from workflows.messages.write import Draft, hand_in, write
from workflows.moderation.asking import MayNotWrite, TooManyOpenRequests, may_write
from workflows.moderation.decide import request_approval, withdraw
from workflows.people.users import define_role, grant
from workflows.queries.list_search import list_choices
from workflows.queries.message_status import newest_request
from workflows.transaction import transaction

OPERATOR = Actor.operator()


def written(session: Session, people: Cast, author: User) -> Message:
    """A draft of this author to announce."""
    draft = Draft(people.announce, an_eml())
    return write(session, draft, actor=Actor(author, Door.PORTAL), max_bytes=LIMIT)


def set_list(session: Session, people: Cast, **changes: object) -> None:
    """Change the list announce."""
    edit_list(session, people.announce, ListChanges(**changes), actor=OPERATOR)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "usual"),
    [(ListKind.ANNOUNCEMENT, WhoMayAsk.AUTHORS), (ListKind.DISCUSSION, WhoMayAsk.MEMBERS)],
)
def test_the_kind_of_a_new_list_says_who_writes_unless_it_says_so_itself(
    session: Session, kind: ListKind, usual: WhoMayAsk
) -> None:
    def new(name: str, who: WhoMayAsk | None) -> WhoMayAsk:
        values = NewList(name, f"{name}@example.org", name, kind=kind, who_may_ask=who)
        return lists.create_list(session, values, actor=OPERATOR).who_may_ask

    assert new("usual", None) is usual
    assert new("open", WhoMayAsk.ACCOUNTS) is WhoMayAsk.ACCOUNTS


def test_who_writes_to_a_list_is_decided_by_rights_and_membership(
    session: Session, people: Cast
) -> None:
    define_role(session, "speaker", [Right.SEND_MESSAGES], actor=OPERATOR)
    grant(session, people.linus, "speaker", on=people.announce, actor=OPERATOR)
    authors = {people.ada, people.barbara, people.linus}
    expected = {
        WhoMayAsk.AUTHORS: authors,
        WhoMayAsk.MEMBERS: {*authors, people.edsger},
        WhoMayAsk.ACCOUNTS: {*authors, people.edsger, people.grace},
    }
    everyone = (people.ada, people.barbara, people.linus, people.edsger, people.grace)

    for who, person in product(WhoMayAsk, everyone):
        set_list(session, people, who_may_ask=who)

        allowed = person in expected[who]
        assert may_write(session, person, people.announce) is allowed, (who, person)
        assert bool(list_choices(session, writer=person)) is allowed, (who, person)


def test_who_may_not_write_is_refused_at_every_door(session: Session, people: Cast) -> None:
    message, actor = written(session, people, people.edsger), Actor(people.edsger, Door.PORTAL)
    set_list(session, people, who_may_ask=WhoMayAsk.AUTHORS)
    doors: list[Callable[[], object]] = [
        lambda: written(session, people, people.edsger),
        lambda: rewrite(
            session, message, Draft(people.announce, an_eml()), actor=actor, max_bytes=LIMIT
        ),
        lambda: copy(session, message, actor=actor, max_bytes=LIMIT),
        lambda: hand_in(session, message, actor=actor),
        lambda: request_approval(session, message, actor=actor),
    ]

    for door in doors:
        with pytest.raises(MayNotWrite) as refused:
            door()
        assert str(refused.value) == (
            "Only its authors may write to the list announce, and Edsger Dijkstra is not one of "
            "them."
        )
    set_list(session, people, who_may_ask=WhoMayAsk.MEMBERS)
    with pytest.raises(MayNotWrite, match="Only its members and authors"):
        written(session, people, people.grace)


def test_open_requests_are_capped_by_author_and_list(session: Session, people: Cast) -> None:
    set_list(session, people, max_open_requests=2)
    ada = Actor(people.ada, Door.PORTAL)
    first, second, third = (a_draft(session, people) for _ in range(3))
    for message in (first, second):
        hand_in(session, message, actor=ada)

    with pytest.raises(TooManyOpenRequests) as refused:
        hand_in(session, third, actor=ada)

    assert str(refused.value) == (
        "Ada Lovelace may have 2 open requests to the list announce, and these messages already "
        f"wait for an answer: {first.id}, {second.id}. Withdraw one, or wait."
    )
    edsgers = written(session, people, people.edsger)
    hand_in(session, edsgers, actor=Actor(people.edsger, Door.PORTAL))
    assert edsgers.state is MessageState.IN_MODERATION
    withdraw(session, newest_request(session, second), actor=ada)
    hand_in(session, third, actor=ada)
    set_list(session, people, max_open_requests=0)
    hand_in(session, second, actor=ada)


def test_administrators_of_all_lists_are_not_capped(session: Session, people: Cast) -> None:
    set_list(session, people, max_open_requests=1, second_person=True)

    for message in [written(session, people, people.barbara) for _ in range(2)]:
        hand_in(session, message, actor=Actor(people.barbara, Door.PORTAL))

        assert message.state is MessageState.IN_MODERATION


@pytest.mark.usefixtures("committed_cast")
def test_of_two_requests_at_once_the_second_counts_the_first(own_database: Engine) -> None:
    with transaction() as session:
        people = the_cast(session)
        set_list(session, people, max_open_requests=1)
        ids = [a_draft(session, people).id for _ in range(2)]

    def ask(session: Session, message_id: int) -> None:
        message = session.get_one(Message, message_id)
        hand_in(session, message, actor=Actor(message.author, Door.PORTAL))

    def ask_second() -> None:
        with transaction() as session:
            ask(session, ids[1])

    with ThreadPoolExecutor(1) as other:
        with transaction() as session:
            ask(session, ids[0])
            late = other.submit(ask_second)
            wait_until_one_waits(own_database)
        with pytest.raises(TooManyOpenRequests, match=f"wait for an answer: {ids[0]}\\."):
            late.result()
