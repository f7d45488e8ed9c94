"""Twilio reports on an SMS before the worker that sent it has committed."""

import threading

from sqlalchemy import select, update

from models import Notification, NotificationState
from models.database import new_session
from tests.portal.doors import STATUS_URL, Doors, post_signed
from workflows.transaction import transaction

SID = "SM" + "1" * 32


def test_a_report_waits_for_the_senders_commit(doors: Doors, code: str) -> None:
    assert code
    sent = threading.Event()

    def send() -> None:
        with transaction() as session:
            session.execute(
                update(Notification).where(Notification.channel == "sms").values(provider_id=SID)
            )
            sent.set()
            threading.Event().wait(0.05)

    sender = threading.Thread(target=send)
    sender.start()
    sent.wait()
    answer = post_signed(doors, STATUS_URL, MessageSid=SID, MessageStatus="failed")
    sender.join()

    assert answer.status == 204
    with new_session() as session:
        sms = session.scalars(select(Notification).where(Notification.provider_id == SID)).one()
        assert sms.state is NotificationState.FAILED
