"""Copies in doubt: who may resend or settle them, what is sent then, and who learns of them."""

from collections.abc import Callable
from email import message_from_bytes

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    AuditEntry,
    DeliveryState,
    Dispatch,
    DispatchState,
    Door,
    IllegalTransition,
    Invalid,
    LetterName,
    MessageState,
    Notification,
    Trespass,
)
from sandbox.mailbox import Mailbox
from tests.builders import Cast, a_dispatch, members
from tests.sendout_letters import end_in_doubt
from tests.workflows.sendout.sending import BARBARA, EDSGER, deliveries, step
from workflows.access import Archived
from workflows.lists.archive import archive
from workflows.people.users import disable
from workflows.sendout.doubts import Choice, doubts, report_doubts, resend, settle
from workflows.sendout.schedule import recall

OPERATOR = Actor.operator()
FAILED, UNCERTAIN = Choice([DeliveryState.FAILED]), Choice([DeliveryState.UNCERTAIN])


@pytest.fixture
def ended(session: Session, people: Cast) -> Dispatch:
    """A sendout that has ended: Edsger's or Barbara's copy has failed, the other is uncertain."""
    ended = a_dispatch(session, people)
    end_in_doubt(session, ended)
    return ended


def listed(session: Session, ended: Dispatch, choice: Choice) -> list[str]:
    found = doubts(session, ended.message, choice, limit=10, actor=OPERATOR)
    return [one.address for one in found]


def acts(session: Session, ended: Dispatch) -> list[tuple[str, object]]:
    """Return the acts of people on this message, with the number of copies."""
    found = select(AuditEntry).where(AuditEntry.message_id == ended.message_id)
    return [
        (one.act, one.detail["copies"])
        for one in session.scalars(found.order_by(AuditEntry.id))
        if "copies" in one.detail
    ]


def test_copies_in_doubt_are_listed_by_state(session: Session, ended: Dispatch) -> None:
    failed, uncertain = listed(session, ended, FAILED), listed(session, ended, UNCERTAIN)

    assert (len(failed), len(uncertain)) == (1, 1)
    assert listed(session, ended, Choice()) == [*failed, *uncertain]
    assert {*failed, *uncertain} == {EDSGER, BARBARA}


def test_a_copy_is_sent_again_with_the_same_message_id(
    session: Session, people: Cast, mailbox: Mailbox
) -> None:
    sending = a_dispatch(session, people)
    mailbox.answer(EDSGER, "550 5.1.1 No such user")
    while step(session, sending, mailbox):
        pass
    assert sending.state is DispatchState.SENT

    assert resend(session, sending.message, FAILED, actor=OPERATOR) == 1
    assert (sending.state, sending.message.state) == (DispatchState.SENDING, MessageState.SENDING)
    while step(session, sending, mailbox):
        pass

    assert (sending.state, sending.message.state) == (DispatchState.SENT, MessageState.SENT)
    assert {one.state for one in deliveries(session, sending).values()} == {DeliveryState.SENT}
    ids = {message_from_bytes(mail.content)["Message-ID"] for mail in mailbox.mails}
    assert (len(mailbox.mails), len(ids)) == (2, 1)
    assert acts(session, sending) == [(Act.RESENT, 1)]


def test_a_settled_copy_is_neither_listed_nor_sent_again(session: Session, ended: Dispatch) -> None:
    (failed,) = listed(session, ended, FAILED)

    assert settle(session, ended.message, Choice(addresses=[failed]), actor=OPERATOR) == 1

    assert listed(session, ended, FAILED) == []
    assert resend(session, ended.message, Choice(), actor=OPERATOR) == 1
    assert deliveries(session, ended)[failed].state is DeliveryState.FAILED
    assert acts(session, ended) == [(Act.SETTLED, 1), (Act.RESENT, 1)]


def test_a_copy_is_sent_again_while_others_are_still_to_be_sent(
    session: Session, people: Cast, mailbox: Mailbox
) -> None:
    sending = a_dispatch(session, people)
    mailbox.answer(EDSGER, "550 5.1.1 nobody here")
    mailbox.answer(BARBARA, "451 4.3.0 later")
    step(session, sending, mailbox)
    assert listed(session, sending, FAILED) == [EDSGER]

    assert resend(session, sending.message, FAILED, actor=OPERATOR) == 1
    step(session, sending, mailbox)

    assert [mail.recipients for mail in mailbox.mails] == [(EDSGER,)]
    assert deliveries(session, sending)[BARBARA].state is DeliveryState.PENDING
    assert sending.message.state is MessageState.SENDING


@pytest.mark.parametrize("verb", [resend, settle])
def test_an_address_without_such_a_copy_stops_it_all(
    session: Session, ended: Dispatch, verb: Callable[..., int]
) -> None:
    (failed,) = listed(session, ended, FAILED)
    before = {one.id: one.state for one in deliveries(session, ended).values()}

    with pytest.raises(Invalid, match=r"^1 of these addresses have no such copy"):
        verb(session, ended.message, Choice(addresses=[failed, "x@example.org"]), actor=OPERATOR)
    with pytest.raises(Invalid, match="There is no such copy"):
        verb(session, ended.message, Choice(ids=[999_999]), actor=OPERATOR)

    assert {one.id: one.state for one in deliveries(session, ended).values()} == before
    assert len(listed(session, ended, Choice())) == 2


@pytest.mark.parametrize("name", ["ada", "edsger", "grace"])
def test_nobody_acts_on_doubts_without_right_601(
    session: Session, people: Cast, ended: Dispatch, name: str
) -> None:
    actor = Actor(getattr(people, name), Door.PORTAL)

    for verb in (resend, settle):
        with pytest.raises(Trespass, match="601"):
            verb(session, ended.message, Choice(), actor=actor)
    with pytest.raises(Trespass, match="601"):
        doubts(session, ended.message, Choice(), limit=1, actor=actor)


def test_an_administrator_acts_on_another_authors_doubts(
    session: Session, people: Cast, ended: Dispatch
) -> None:
    actor = Actor(people.barbara, Door.PORTAL)

    assert resend(session, ended.message, UNCERTAIN, actor=actor) == 1


def test_no_copy_of_a_stopped_sendout_or_an_archived_list_is_sent_again(
    session: Session, people: Cast, ended: Dispatch
) -> None:
    resend(session, ended.message, FAILED, actor=OPERATOR)
    recall(session, ended.message, actor=Actor(people.barbara, Door.PORTAL))
    with pytest.raises(IllegalTransition, match="stopped: no copy can be sent again"):
        resend(session, ended.message, UNCERTAIN, actor=OPERATOR)

    archive(session, people.announce, actor=OPERATOR)
    with pytest.raises(Archived):
        resend(session, ended.message, UNCERTAIN, actor=OPERATOR)


def letters(session: Session) -> list[tuple[str, int, int, int]]:
    """Return recipient and figures of each letter about doubts."""
    session.flush()
    found = select(Notification).where(Notification.letter == LetterName.DOUBTS)
    return [
        (one.user.name, one.detail["failed"], one.detail["uncertain"], one.detail["total"])
        for one in session.scalars(found.order_by(Notification.id))
    ]


def test_author_and_administrators_get_one_letter_per_end_in_doubt(
    session: Session, ended: Dispatch, mailbox: Mailbox
) -> None:
    report_doubts(session)
    report_doubts(session)
    once = [("Ada Lovelace", 1, 1, 2), ("Barbara Liskov", 1, 1, 2)]
    assert letters(session) == once

    settle(session, ended.message, UNCERTAIN, actor=OPERATOR)
    mailbox.answer(EDSGER, "550 5.1.1 No such user")
    mailbox.answer(BARBARA, "550 5.1.1 No such user")
    resend(session, ended.message, FAILED, actor=OPERATOR)
    report_doubts(session)
    assert letters(session) == once
    while step(session, ended, mailbox):
        pass
    report_doubts(session)

    assert letters(session) == [*once, ("Ada Lovelace", 1, 0, 2), ("Barbara Liskov", 1, 0, 2)]


@pytest.mark.parametrize(("failures", "reported"), [(1, False), (2, True)])
def test_failures_are_reported_above_five_percent(
    session: Session, people: Cast, failures: int, reported: bool
) -> None:
    members(session, people.announce, 18)
    sending = a_dispatch(session, people)
    copies = list(end_in_doubt(session, sending).values())
    assert len(copies) == 20
    for place, copy in enumerate(copies):
        if place >= failures:
            copy.settled_at = copy.claimed_at
        elif copy.state is DeliveryState.UNCERTAIN:
            copy.move(DeliveryState.PENDING)
            copy.move(DeliveryState.SENDING)
            copy.move(DeliveryState.FAILED)
    session.flush()

    report_doubts(session)

    assert bool(letters(session)) is reported


def test_nobody_is_told_while_a_dead_worker_may_have_left_copies(
    session: Session, ended: Dispatch
) -> None:
    for copy in deliveries(session, ended).values():
        copy.move(DeliveryState.PENDING)
        copy.move(DeliveryState.SENDING)

    report_doubts(session)

    assert letters(session) == []
    assert ended.doubts_reported_at is None


@pytest.mark.usefixtures("ended")
def test_a_disabled_author_gets_no_letter(session: Session, people: Cast) -> None:
    disable(session, people.ada, actor=OPERATOR)

    report_doubts(session)

    assert [name for name, *_ in letters(session)] == ["Barbara Liskov"]
