"""The owners' doors for requests to join: the page of a list, and the commands."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    AuditEntry,
    Door,
    SelfService,
    Subscription,
    SubscriptionRequest,
    SubscriptionRequestState,
    Unknown,
    User,
)
from tests.builders import Cast, listgate
from tests.portal.visitors import Visitor
from workflows.subscriptions.requests import ask_to_join, open_request_of

Login = Callable[[User], Visitor]

ANSWERED = {
    "approved": (Act.ACCEPTED_MEMBER, "Ada Lovelace is now on the list."),
    "rejected": (Act.DECLINED_MEMBER, "The request of Ada Lovelace has been declined."),
}


@pytest.fixture
def asked(session: Session, people: Cast) -> SubscriptionRequest:
    """Ada's request to join announce."""
    people.announce.self_service = SelfService.ON_REQUEST
    ask_to_join(session, people.announce, actor=Actor(people.ada, Door.PORTAL))
    return open_request_of(session, people.ada, people.announce)


@pytest.mark.parametrize("verdict", ["approved", "rejected"])
def test_an_owner_answers_on_the_page_of_the_list(
    session: Session, people: Cast, asked: SubscriptionRequest, as_person: Login, verdict: str
) -> None:
    barbara, page = as_person(people.barbara), f"/mailing-lists/{people.announce.id}"
    barbara.get(page)
    assert "Requests to join: 1" in barbara.page
    barbara.get(f"{page}/requests")
    assert "Accept Ada Lovelace" in barbara.page

    form = f"{page}/requests/{asked.id}/answer"
    barbara.send(form, verdict=verdict, comment="Hello")

    act, said = ANSWERED[verdict]
    barbara.get(f"{page}/requests")
    assert said in barbara.page
    assert "There are no requests to join this list." in barbara.page
    entry = session.scalars(select(AuditEntry).filter_by(act=act)).one()
    assert (entry.actor_id, entry.door) == (people.barbara.id, Door.PORTAL)
    on_it = session.get(Subscription, (people.announce.id, people.ada.id)) is not None
    assert on_it is (verdict == "approved")
    assert barbara.send(form, verdict="approved").status_code == 409
    assert "Barbara Liskov has already" in barbara.page
    assert barbara.send(form, verdict="maybe").status_code == 400


def test_the_operator_answers_at_the_command_line(
    session: Session, asked: SubscriptionRequest
) -> None:
    ask = "subscription-requests"
    assert listgate(ask, "list").stdout.split() == ["list", "requests", "announce", "1"]
    assert "ada@example.org" in listgate(ask, "list", "announce").stdout

    said = listgate(ask, "decline", "announce", "ada@example.org", "--comment", "Full.").stdout

    assert said == "The request of Ada Lovelace to join announce has been declined.\n"
    session.expire_all()
    assert (asked.state, asked.comment) == (SubscriptionRequestState.DECLINED, "Full.")
    assert listgate(ask, "list").stdout == "There are no requests to join a list.\n"
    empty = "There are no requests to join announce.\n"
    assert listgate(ask, "list", "announce").stdout == empty
    with pytest.raises(Unknown, match="Ada Lovelace has no open request to join the list"):
        listgate(ask, "accept", "announce", "ada@example.org")


def test_the_operator_accepts_at_the_command_line(
    session: Session, people: Cast, asked: SubscriptionRequest
) -> None:
    said = listgate("subscription-requests", "accept", "announce", "ada@example.org").stdout

    assert said == "Ada Lovelace is now on the list announce.\n"
    session.expire_all()
    assert asked.state is SubscriptionRequestState.ACCEPTED
    assert session.get(Subscription, (people.announce.id, people.ada.id))
