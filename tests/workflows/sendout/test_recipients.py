"""Recipients of a sendout, while people join, leave and change."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from models import Actor, DeliveryState, Dispatch, Door, User
from sandbox.mailbox import Mailbox
from tests.builders import Cast, a_dispatch
from tests.workflows.sendout.sending import BARBARA, EDSGER, deliveries, let_time_pass, step
from workflows.people.addresses import change_address
from workflows.people.users import disable as disable_user
from workflows.subscriptions.subscribe import unsubscribe

MOVED = "ewd@example.org"


def test_a_disabled_member_gets_nothing(session: Session, people: Cast, mailbox: Mailbox) -> None:
    disable_user(session, people.edsger, actor=Actor.operator())
    sending = a_dispatch(session, people)

    step(session, sending, mailbox)

    assert list(deliveries(session, sending)) == [BARBARA]


def waiting_for_edsger(session: Session, people: Cast, mailbox: Mailbox) -> Dispatch:
    """A sendout under way: everybody has a copy but Edsger, whose mail server wants it later."""
    sending = a_dispatch(session, people)
    mailbox.answer(EDSGER, "451 4.3.0 later")
    step(session, sending, mailbox)
    return sending


def go_on(session: Session, sending: Dispatch, mailbox: Mailbox) -> None:
    """Later is now."""
    let_time_pass(session, sending)
    step(session, sending, mailbox)


def disable(session: Session, people: Cast) -> None:
    disable_user(session, people.edsger, actor=Actor.operator())


def leave(session: Session, people: Cast) -> None:
    unsubscribe(session, people.edsger, people.announce, actor=Actor(people.edsger, Door.PORTAL))


@pytest.mark.parametrize("go", [disable, leave])
def test_a_member_who_leaves_during_the_sendout_gets_nothing_more(
    session: Session, people: Cast, mailbox: Mailbox, go: Callable[[Session, Cast], None]
) -> None:
    sending = waiting_for_edsger(session, people, mailbox)

    go(session, people)
    go_on(session, sending, mailbox)

    assert mailbox.to(EDSGER) == []
    assert deliveries(session, sending)[EDSGER].state is DeliveryState.FAILED


def move(session: Session, user: User, address: str) -> None:
    change_address(session, user, address, actor=Actor.operator())


def test_a_member_with_a_new_address_during_the_sendout_gets_it_there(
    session: Session, people: Cast, mailbox: Mailbox
) -> None:
    sending = waiting_for_edsger(session, people, mailbox)

    move(session, people.edsger, MOVED)
    go_on(session, sending, mailbox)

    assert mailbox.to(EDSGER) == []
    assert len(mailbox.to(MOVED)) == 1
    assert deliveries(session, sending)[MOVED].state is DeliveryState.SENT


def test_a_member_with_a_new_address_who_leaves_gets_nothing_more(
    session: Session, people: Cast, mailbox: Mailbox
) -> None:
    sending = waiting_for_edsger(session, people, mailbox)

    move(session, people.edsger, MOVED)
    leave(session, people)
    go_on(session, sending, mailbox)

    assert mailbox.to(EDSGER) == mailbox.to(MOVED) == []


def test_a_mailbox_that_has_had_its_copy_gets_none_of_who_moves_there(
    session: Session, people: Cast, mailbox: Mailbox
) -> None:
    sending = waiting_for_edsger(session, people, mailbox)

    move(session, people.barbara, "liskov@example.org")
    move(session, people.edsger, BARBARA)
    go_on(session, sending, mailbox)

    assert len(mailbox.to(BARBARA)) == len(mailbox.to(EDSGER)) == 1


def test_a_delivery_that_was_sent_keeps_the_former_address(
    session: Session, people: Cast, mailbox: Mailbox
) -> None:
    sending = a_dispatch(session, people)
    step(session, sending, mailbox)

    move(session, people.edsger, MOVED)

    assert set(deliveries(session, sending)) == {BARBARA, EDSGER}
