"""Links that open an account: the letter, GET that shows, POST that works once and not for long."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import (
    Language,
    LinkPurpose,
    MailedLink,
    Notification,
    NotificationState,
    OutboxEntry,
    User,
)
from models.clock import now
from notifications.letters.delivery import deliver
from tests.builders import Cast
from tests.portal.visitors import CONTEXT, Visitor, give_password, hashes_computed, link_for
from workflows.notify import try_other_channel
from workflows.people import addresses
from workflows.people.account_links import send_link

Login = Callable[[User], Visitor]
WISHES = {"log-in": LinkPurpose.LOG_IN, "password": LinkPurpose.RESET}


def ask(visitor: Visitor, wish: str, address: str) -> tuple[int, str]:
    answer = visitor.send(f"/letter/{wish}", address=address)
    return answer.status_code, answer.location


def links(session: Session) -> list[MailedLink]:
    session.expire_all()
    return list(session.scalars(select(MailedLink).order_by(MailedLink.id)))


@pytest.mark.parametrize("wish", WISHES)
def test_a_letter_goes_to_the_user_who_asked_after_the_request(
    session: Session, people: Cast, stranger: Visitor, published: list[OutboxEntry], wish: str
) -> None:
    assert ask(stranger, wish, " EDSGER@example.org ") == (303, "/letter/sent")

    (link,) = links(session)
    assert (link.user, link.purpose, link.token_hash) == (people.edsger, WISHES[wish], None)
    letter = session.scalars(select(Notification)).one()
    assert published == [OutboxEntry(Notification, letter.id, letter.due_at)]


def test_an_unknown_address_gets_the_same_answer_after_the_same_work(
    session: Session, stranger: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = hashes_computed(stranger, monkeypatch)

    known = ask(stranger, "log-in", "edsger@example.org")
    after_known = list(work)

    for address in ("nobody@example.org", "no address", "", "a\0b@example.org"):
        work.clear()
        assert ask(stranger, "log-in", address) == known
        assert work == after_known
    assert len(links(session)) == 1


def test_a_disabled_person_is_sent_nothing(
    session: Session, people: Cast, stranger: Visitor
) -> None:
    people.edsger.disabled_at = now()
    session.flush()

    assert ask(stranger, "log-in", "edsger@example.org") == (303, "/letter/sent")

    assert links(session) == []


def test_after_five_letters_an_hour_there_is_no_sixth(session: Session, stranger: Visitor) -> None:
    asked = [ask(stranger, "log-in", "edsger@example.org")[0] for _ in range(6)]

    assert asked == [303] * 5 + [429]
    assert len(links(session)) == 5


def a_link(session: Session, user: User, purpose: LinkPurpose = LinkPurpose.LOG_IN) -> str:
    """The path in the letter that the person got."""
    send_link(session, user, purpose)
    session.flush()
    return link_for(session, user)


def test_opening_a_link_again_changes_nothing(
    session: Session, people: Cast, stranger: Visitor
) -> None:
    path = a_link(session, people.edsger)

    assert {stranger.get(path).status_code for _ in range(2)} == {200}

    assert links(session)[0].used_at is None
    assert not stranger.knows_me


def test_a_link_logs_in_once(session: Session, people: Cast, stranger: Visitor) -> None:
    path = a_link(session, people.edsger)

    assert stranger.send(path).location == "/"
    assert stranger.knows_me

    again = Visitor(stranger.app)
    assert again.send(path).status_code == 410
    assert again.get(path).status_code == 410
    assert not again.knows_me


def test_a_link_is_over_after_a_quarter_of_an_hour(
    session: Session, people: Cast, stranger: Visitor
) -> None:
    path = a_link(session, people.edsger)
    (link,) = links(session)
    assert link.expires_at - link.made_at <= timedelta(minutes=15)
    stranger.get(path)
    link.expires_at = now()
    session.flush()

    assert stranger.send(path).status_code == 410
    assert not stranger.knows_me


def test_an_unknown_link_is_not_found(stranger: Visitor) -> None:
    assert stranger.get("/link/" + "a" * 26).status_code == 404
    assert stranger.send("/link/" + "a" * 26).status_code == 404


def test_a_link_of_a_person_who_was_disabled_meanwhile_is_unknown(
    session: Session, people: Cast, stranger: Visitor
) -> None:
    path = a_link(session, people.edsger)
    people.edsger.disabled_at = now()
    session.flush()

    assert stranger.get(path).status_code == 404


def test_the_token_is_stored_nowhere(session: Session, people: Cast) -> None:
    token = a_link(session, people.edsger).removeprefix("/link/")

    columns = MailedLink.__table__.columns, Notification.__table__.columns
    stored = [str(session.execute(select(*one)).all()) for one in columns]
    assert not any(token in rows for rows in stored)


@pytest.mark.parametrize("purpose", [LinkPurpose.RESET, LinkPurpose.INVITATION])
def test_a_new_password_ends_all_sessions_and_begins_one(
    session: Session, people: Cast, stranger: Visitor, as_person: Login, purpose: LinkPurpose
) -> None:
    elsewhere = as_person(people.edsger)
    path = a_link(session, people.edsger, purpose)
    assert elsewhere.knows_me

    assert stranger.send(path, new="a good long password").status_code == 303

    assert stranger.knows_me
    assert not elsewhere.knows_me
    third = Visitor(stranger.app)
    fields = {"address": "edsger@example.org", "password": "a good long password"}
    assert third.send("/log-in", **fields).status_code == 303


def test_a_password_that_is_too_short_leaves_the_link_as_it_was(
    session: Session, people: Cast, stranger: Visitor
) -> None:
    path = a_link(session, people.edsger, LinkPurpose.RESET)

    assert stranger.send(path, new="too short").status_code == 400

    assert "A password needs at least 12 characters" in stranger.page
    assert stranger.send(path, new="long enough now").status_code == 303


def test_a_letter_with_a_link_is_not_sent_after_its_time(session: Session, people: Cast) -> None:
    send_link(session, people.edsger, LinkPurpose.LOG_IN)
    session.flush()
    letter = session.scalars(select(Notification)).one()
    assert letter.link
    letter.link.expires_at = now()

    deliver(session, letter, CONTEXT)

    assert letter.state is NotificationState.MOOT


def test_a_link_is_never_sent_by_sms(session: Session, people: Cast) -> None:
    people.edsger.phone = "+33612345678"
    send_link(session, people.edsger, LinkPurpose.LOG_IN)
    session.flush()

    try_other_channel(session, session.scalars(select(Notification)).one())

    assert session.scalar(select(func.count()).select_from(Notification)) == 1


def test_a_new_address_counts_when_it_is_confirmed_from_there(
    session: Session, people: Cast, stranger: Visitor
) -> None:
    addresses.request_address_change(session, people.edsger, "dijkstra@example.org")
    session.flush()
    letter = session.scalars(select(Notification)).one()
    assert letter.address == "dijkstra@example.org"
    assert people.edsger.address == "edsger@example.org"
    path = link_for(session, people.edsger)

    assert stranger.send(path).status_code == 303

    session.expire_all()
    assert people.edsger.address == "dijkstra@example.org"
    assert not stranger.knows_me, "who reads that mailbox is not known to be Edsger"


def test_the_page_is_in_the_language_of_whom_it_is_for(
    session: Session, people: Cast, stranger: Visitor
) -> None:
    people.edsger.language = Language.GERMAN
    path = a_link(session, people.edsger)

    stranger.get(path, Accept_Language="fr")

    assert '<html lang="de">' in stranger.page
    assert "Guten Tag Edsger Dijkstra," in stranger.page


def test_a_person_with_codes_needs_one_after_the_link_too(
    session: Session, people: Cast, stranger: Visitor
) -> None:
    kept = give_password(session, people.edsger, stranger.app, "whatever it is")
    kept.totp_secret = "{}"
    session.flush()
    path = a_link(session, people.edsger)

    assert stranger.send(path).location == "/log-in/code?next=/"
    assert not stranger.knows_me
