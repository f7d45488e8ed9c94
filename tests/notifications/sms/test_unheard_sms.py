"""An SMS that breaks Twilio each time, or seems to, becomes a mail after a day."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from models import Channel, Notification, NotificationState
from models.clock import now
from notifications.letters.delivery import deliver
from notifications.retry import SMS_FALLBACK_AFTER
from sandbox.mailbox import Mailbox
from sandbox.phone import PhoneNetwork
from tests.builders import Cast, a_letter
from tests.letter_context import a_context


@pytest.fixture
def sms(session: Session, people: Cast) -> Notification:
    """A question to Grace, on its way to her telephone."""
    letter = a_letter(session, people)
    letter.user.phone, letter.channel = "+33612345678", Channel.SMS
    session.flush()
    return letter


def fail(session: Session, sms: Notification) -> bool:
    """Try to send it while Twilio is out of order."""
    sms.due_at = now()
    with PhoneNetwork() as network:
        network.fail(3)
        return deliver(session, sms, a_context(network=network))


def test_it_is_tried_again_for_a_day(session: Session, sms: Notification) -> None:
    for age in (timedelta(0), SMS_FALLBACK_AFTER - timedelta(minutes=1)):
        assert fail(session, sms)
        sms.uncertain_since = now() - age

    assert fail(session, sms)
    assert sms.state is NotificationState.PENDING


def test_after_a_day_it_has_failed(session: Session, sms: Notification) -> None:
    fail(session, sms)
    sms.uncertain_since = now() - SMS_FALLBACK_AFTER - timedelta(minutes=1)

    assert not fail(session, sms)
    assert sms.state is NotificationState.FAILED


def test_a_mail_is_never_given_up_because_the_relay_is_away(session: Session, people: Cast) -> None:
    letter = a_letter(session, people)
    letter.uncertain_since = now() - 9 * SMS_FALLBACK_AFTER

    with Mailbox() as mailbox:
        mailbox.stop()
        assert deliver(session, letter, a_context(mailbox))

    assert letter.state is NotificationState.PENDING


def test_a_killed_worker_is_no_reason_to_send_an_sms_twice(
    session: Session, sms: Notification
) -> None:
    with PhoneNetwork() as network:
        with session.begin_nested() as work:
            deliver(session, sms, a_context(network=network))
            work.rollback()
        assert sms.state is NotificationState.PENDING
        sms.ring()

        deliver(session, sms, a_context(network=network))

        assert [sms.provider_id] == [each.sid for each in network.messages]
