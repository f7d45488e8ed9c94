"""Suspended subscriptions: shown to administrators and to the person, and resumed by both."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Act, AuditEntry, Bounce, Door, SelfService, Subscription, User
from models.clock import now
from tests.builders import Cast, a_draft, listgate
from tests.portal.visitors import Visitor

Login = Callable[[User], Visitor]


@pytest.fixture
def suspended(session: Session, people: Cast) -> Subscription:
    """Edsger's subscription, suspended after a bounce."""
    session.add(
        Bounce(
            user_id=people.edsger.id,
            message_id=a_draft(session, people).id,
            hard=True,
            status="5.1.10",
            at=now(),
        )
    )
    subscription = session.get_one(Subscription, (people.announce.id, people.edsger.id))
    subscription.suspended_at = now()
    session.flush()
    return subscription


def last_act(session: Session) -> tuple[str, Door, int | None]:
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    return entry.act, entry.door, entry.actor_id


def test_an_administrator_sees_why_and_resumes(
    session: Session, people: Cast, suspended: Subscription, as_person: Login
) -> None:
    barbara, page = as_person(people.barbara), f"/mailing-lists/{people.announce.id}"
    barbara.get(page)
    assert "Mail to members comes back:" in barbara.page
    barbara.get(f"/users/{people.edsger.id}")
    assert ">suspended<" in barbara.page
    barbara.get(f"{page}/suspensions")
    assert "Edsger Dijkstra" in barbara.page
    assert "5.1.10" in barbara.page

    barbara.send(f"{page}/suspensions/{people.edsger.id}/end")

    barbara.get(f"{page}/suspensions")
    assert "No subscription is suspended." in barbara.page
    session.refresh(suspended)
    assert suspended.suspended_at is None
    assert last_act(session) == (Act.RESUMED, Door.PORTAL, people.barbara.id)
    barbara.get(page)
    assert "Mail to members comes back:" not in barbara.page


@pytest.mark.parametrize("service", [*SelfService])
def test_a_member_who_says_that_the_address_works_gets_messages_again(
    session: Session,
    people: Cast,
    suspended: Subscription,
    as_person: Login,
    service: SelfService,
) -> None:
    people.announce.self_service = service
    edsger = as_person(people.edsger)
    edsger.get("/my/lists")
    assert "Mail to edsger@example.org has come back" in edsger.page

    edsger.send("/my/lists", list=str(people.announce.id), wish="resume")

    edsger.get("/my/lists")
    assert "You get the messages of the list Announce again." in edsger.page
    assert "has come back" not in edsger.page
    session.refresh(suspended)
    assert suspended.suspended_at is None
    assert last_act(session) == (Act.RESUMED, Door.PORTAL, people.edsger.id)


@pytest.mark.usefixtures("suspended")
def test_commands_show_and_resume_what_is_suspended(session: Session) -> None:
    assert listgate("suspensions").stdout.split() == ["list", "suspended", "announce", "1"]
    shown = listgate("suspensions", "announce").stdout
    assert "edsger@example.org" in shown
    assert "5.1.10" in shown

    for count in ("1 subscription", "0 subscriptions"):
        said = listgate("resume", "announce", "edsger@example.org").stdout
        assert said == f"Resumed {count} to announce.\n"

    assert listgate("suspensions").stdout == "No subscription is suspended.\n"
    assert listgate("suspensions", "announce").stdout == (
        "No subscription to announce is suspended.\n"
    )
    assert last_act(session) == (Act.RESUMED, Door.COMMAND_LINE, None)
