"""A reply from a domain that is not ASCII."""

import pytest
from sqlalchemy.orm import Session

from models import Door, MessageState
from notifications.letters.keys import hashed
from tests.builders import Cast, a_request
from tests.letter_context import KEYS
from workflows.inbound import mail, stored_mail


@pytest.mark.parametrize("domain", ["bücher.example", "xn--bcher-kva.example", "BÜCHER.example"])
def test_a_domain_may_be_written_as_people_do_or_as_it_travels(
    session: Session, people: Cast, domain: str
) -> None:
    people.grace.address = "grace@bücher.example"
    request = a_request(session, people)
    (keys,) = (one for one in request.approver_keys if one.user is people.grace)
    token = KEYS.reply_token(keys.id)
    keys.reply_hash = hashed(token)
    raw = f"From: Grace <grace@{domain}>\r\n\r\nOK\r\n".encode()

    kept = stored_mail.save(
        session, raw, sender="g@x.example", recipient=f"moderation+{token}@x.example"
    )
    session.flush()
    mail.handle(session, kept, own_addresses=(), keys=KEYS)

    assert request.message.state is MessageState.SCHEDULED
    assert request.decision is not None
    assert request.decision.via is Door.MAIL
