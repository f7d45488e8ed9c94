"""My lists: what everybody sees of them; join and leave with one tap."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    AuditEntry,
    Change,
    Door,
    Language,
    ListKind,
    MailingList,
    SelfService,
    Subscription,
    SubscriptionChange,
    User,
)
from tests.builders import Cast, a_list
from tests.portal.visitors import Visitor, an_app, log_in_as

Login = Callable[[User], Visitor]
LISTS = "/my/lists"


def on(session: Session, user: User, list_id: int) -> bool:
    session.expire_all()
    return session.get(Subscription, (list_id, user.id)) is not None


def test_every_list_is_shown_with_kind_and_description(
    session: Session, people: Cast, as_person: Login
) -> None:
    news = a_list(session, "news")
    news.kind, news.description = ListKind.DISCUSSION, "What is new.\nEvery day."
    session.flush()
    edsger = as_person(people.edsger)

    assert edsger.get(LISTS).status_code == 200

    assert "Announce" in edsger.page
    assert "Announcement list" in edsger.page
    assert "Discussion list" in edsger.page
    assert "What is new.\nEvery day." in edsger.page
    assert "No description yet." in edsger.page
    assert "Leave Announce" in edsger.page
    assert "Join News" in edsger.page


def test_one_tap_joins_and_one_leaves(session: Session, people: Cast, as_person: Login) -> None:
    ada, number = as_person(people.ada), str(people.announce.id)

    assert ada.send(LISTS, list=number, wish="join").status_code == 303
    assert on(session, people.ada, people.announce.id)
    ada.get(LISTS)
    assert "You are now on the list Announce." in ada.page
    assert ada.send(LISTS, list=number, wish="leave").status_code == 303

    assert not on(session, people.ada, people.announce.id)
    journal = select(SubscriptionChange).where(SubscriptionChange.user_id == people.ada.id)
    changes = session.scalars(journal.order_by(SubscriptionChange.id)).all()
    assert [(one.change, one.via, one.by_id) for one in changes] == [
        (Change.JOINED, Door.PORTAL, people.ada.id),
        (Change.LEFT, Door.PORTAL, people.ada.id),
    ]


def test_joining_twice_is_joining_once(session: Session, people: Cast, as_person: Login) -> None:
    ada = as_person(people.ada)

    for _ in range(2):
        assert ada.send(LISTS, list=str(people.announce.id), wish="join").status_code == 303

    assert on(session, people.ada, people.announce.id)


def test_a_closed_list_has_no_button_but_a_reason(
    session: Session, people: Cast, as_person: Login
) -> None:
    people.announce.self_service = SelfService.CLOSED
    session.flush()
    edsger = as_person(people.edsger)

    edsger.get(LISTS)
    assert "Leave Announce" not in edsger.page
    assert "Only administrators can change who is on this list." in edsger.page
    answer = edsger.send(LISTS, list=str(people.announce.id), wish="leave")

    assert answer.status_code == 403
    assert "Only administrators can change who is on announce." in edsger.page
    assert on(session, people.edsger, people.announce.id)
    assert session.scalars(select(AuditEntry.act).order_by(AuditEntry.id.desc())).first() == (
        "refused"
    )


def test_an_unknown_list_changes_nothing(people: Cast, as_person: Login) -> None:
    ada = as_person(people.ada)

    for given in ({"list": "0"}, {"list": "9" * 20}, {"list": "none"}, {}):
        assert ada.send(LISTS, **given, wish="join").status_code == 404, given


def test_an_unknown_action_is_refused(people: Cast, as_person: Login) -> None:
    ada = as_person(people.ada)

    assert ada.send(LISTS, list=str(people.announce.id), wish="own").status_code == 400

    assert "join or leave" in ada.page


def test_the_search_stays_when_a_button_is_pressed(
    session: Session, people: Cast, as_person: Login
) -> None:
    news = a_list(session, "news")
    session.flush()
    ada = as_person(people.ada)
    ada.get(f"{LISTS}?words=ew")
    assert "Announce<" not in ada.page

    answer = ada.send(f"{LISTS}?words=ew", list=str(news.id), wish="join")

    assert answer.location == f"{LISTS}?words=ew"
    ada.get(f"{LISTS}?mine=yes")
    assert "Leave News" in ada.page
    assert "Announce<" not in ada.page
    ada.get(f"{LISTS}?words=nonsense")
    assert "No list matches." in ada.page


def test_the_page_is_in_the_readers_language(
    session: Session, people: Cast, as_person: Login
) -> None:
    people.edsger.language = Language.FRENCH
    session.flush()
    edsger = as_person(people.edsger)

    edsger.get(LISTS)

    assert "Quitter" in edsger.page


@pytest.mark.parametrize("service", [SelfService.OPEN, SelfService.ON_REQUEST])
def test_without_lists_to_push_members_leave_and_no_one_joins(
    session: Session, people: Cast, service: SelfService
) -> None:
    people.announce.self_service = service
    session.flush()
    edsger = log_in_as(session, Visitor(an_app(maillists_enabled=False)), people.edsger)
    edsger.get("/")
    assert "My lists" in edsger.page
    edsger.get(LISTS)

    edsger.send(LISTS, list=str(people.announce.id), wish="leave")

    assert not on(session, people.edsger, people.announce.id)
    edsger.get(LISTS)
    assert "You are on no list." in edsger.page
    assert "Announce<" not in edsger.page
    joining = {"list": str(people.announce.id), "wish": "join"}
    assert edsger.send(LISTS, **joining).status_code == 404


def test_a_person_asks_to_join_and_withdraws(
    session: Session, people: Cast, as_person: Login
) -> None:
    people.announce.self_service = SelfService.ON_REQUEST
    session.flush()
    ada, number = as_person(people.ada), str(people.announce.id)
    ada.get(LISTS)
    assert "Ask to join Announce" in ada.page

    ada.send(LISTS, list=number, wish="join")

    ada.get(LISTS)
    assert "The owners of the list Announce have been asked" in ada.page
    assert "You asked to join on " in ada.page
    assert "Ask to join Announce" not in ada.page
    assert not on(session, people.ada, people.announce.id)
    ada.send(LISTS, list=number, wish="withdraw")
    ada.get(LISTS)
    assert "Your request to join the list Announce has been withdrawn." in ada.page
    edsger = as_person(people.edsger)
    edsger.get(LISTS)
    assert "Leave Announce" in edsger.page


def test_many_lists_have_pages(session: Session, people: Cast, as_person: Login) -> None:
    session.add_all(
        MailingList(short_name=f"list{n}", address=f"list{n}@lists.example.org", name=f"List {n}")
        for n in range(50)
    )
    session.flush()
    edsger = as_person(people.edsger)

    edsger.get(LISTS)

    assert "Next page" in edsger.page
