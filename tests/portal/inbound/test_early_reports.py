"""Twilio reports on an SMS before the worker that sent it has committed."""

import threading

import pytest
from sqlalchemy import select, update

from models import Notification, NotificationState
from models.database import new_session
from tests.portal.doors import STATUS_URL, Doors, post_signed
from workflows.transaction import transaction

SID = "SM" + "1" * 32


def test_a_report_waits_for_the_senders_commit(
    doors: Doors, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert code
    sent, looked_for = threading.Event(), threading.Event()

    def sleep(seconds: float) -> None:
        if seconds:
            looked_for.set()
            sender.join()

    def send() -> None:
        with transaction() as session:
            session.execute(
                update(Notification).where(Notification.channel == "sms").values(provider_id=SID)
            )
            sent.set()
            looked_for.wait(1)

    sender = threading.Thread(target=send)
    monkeypatch.setattr("portal.inbound.twilio.time.sleep", sleep)
    sender.start()
    sent.wait()
    answer = post_signed(doors, STATUS_URL, MessageSid=SID, MessageStatus="failed")
    sender.join()

    assert answer.status == 204
    with new_session() as session:
        sms = session.scalars(select(Notification).where(Notification.provider_id == SID)).one()
        assert sms.state is NotificationState.FAILED
