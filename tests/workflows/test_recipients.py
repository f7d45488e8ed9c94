"""Who gets a sendout, while people come and go."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from models import DeliveryState, Door
from sandbox.mailbox import Mailbox
from tests.builders import Cast, a_dispatch
from tests.workflows.sending import BARBARA, EDSGER, deliveries, let_time_pass, step
from workflows.addresses import change_address
from workflows.people import disable as disable_user
from workflows.subscriptions import unsubscribe


def test_who_is_disabled_gets_nothing(session: Session, people: Cast, mailbox: Mailbox) -> None:
    disable_user(session, people.edsger, by=None, via=Door.COMMAND_LINE)
    sending = a_dispatch(session, people)

    step(session, sending, mailbox)

    assert list(deliveries(session, sending)) == [BARBARA]


def disable(session: Session, people: Cast) -> None:
    disable_user(session, people.edsger, by=None, via=Door.COMMAND_LINE)


def leave(session: Session, people: Cast) -> None:
    unsubscribe(session, people.edsger, people.announce, by=people.edsger, via=Door.PORTAL)


@pytest.mark.parametrize("go", [disable, leave])
def test_who_goes_during_the_sendout_gets_nothing_more(
    session: Session, people: Cast, mailbox: Mailbox, go: Callable[[Session, Cast], None]
) -> None:
    sending = a_dispatch(session, people)
    mailbox.answer(EDSGER, "451 4.3.0 later")
    step(session, sending, mailbox)

    go(session, people)
    let_time_pass(session, sending)
    step(session, sending, mailbox)

    assert mailbox.to(EDSGER) == []
    assert deliveries(session, sending)[EDSGER].state is DeliveryState.FAILED


def test_who_moves_during_the_sendout_gets_it_at_the_former_address(
    session: Session, people: Cast, mailbox: Mailbox
) -> None:
    sending = a_dispatch(session, people)
    mailbox.answer(EDSGER, "451 4.3.0 later")
    step(session, sending, mailbox)

    change_address(session, people.edsger, "ewd@example.org", by=None, via=Door.COMMAND_LINE)
    let_time_pass(session, sending)
    step(session, sending, mailbox)

    assert deliveries(session, sending)[EDSGER].state is DeliveryState.SENT
