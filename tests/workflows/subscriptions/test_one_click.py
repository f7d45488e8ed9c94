"""Who has the token of a copy leaves that list, and nothing else."""

import re

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    AuditEntry,
    Door,
    InboundMail,
    SelfService,
    SubscriptionChange,
    Trespass,
    Unknown,
)
from notifications.mime.list_mail import has_own_links
from sandbox.mailbox import Mailbox
from tests.builders import Cast, a_dispatch
from tests.letter_context import KEYS
from tests.workflows.sendout.sending import EDSGER, step
from workflows.inbound import mail, stored_mail
from workflows.subscriptions.one_click import is_subscribed, unsubscribe_by_token
from workflows.subscriptions.tokens import find_owner_by_address, owner_of, token_of


def handled(session: Session, recipient: str, sender: str = "edsger@example.org") -> InboundMail:
    """A mail of a program that announces itself as one, after it was handled."""
    raw = b"From: edsger@example.org\r\nAuto-Submitted: auto-generated\r\nSubject: x\r\n\r\n"
    received = stored_mail.save(session, raw, sender=sender, recipient=recipient)
    session.flush()
    mail.handle(session, received, own_addresses=(), keys=KEYS)
    return received


def test_the_link_in_a_copy_unsubscribes_its_recipient_only(
    session: Session, people: Cast, mailbox: Mailbox
) -> None:
    sending = a_dispatch(session, people)
    step(session, sending, mailbox)
    (copy,) = mailbox.to(EDSGER)
    way = str(copy.message["List-Unsubscribe"])
    (token,) = set(re.findall(r"unsubscribe[/+]([a-z2-7]{26})\b", way + copy.content.decode()))
    (address,) = re.findall(r"<mailto:([^?]+)\?subject=unsubscribe>", way)

    owner = owner_of(session, token)

    assert owner == find_owner_by_address(session, address)
    assert (owner.user, owner.mailing_list) == (people.edsger, people.announce)
    assert copy.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert unsubscribe_by_token(session, owner)
    assert not is_subscribed(session, owner)
    assert not unsubscribe_by_token(session, owner)
    change = session.scalars(select(SubscriptionChange).order_by(SubscriptionChange.id)).all()[-1]
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()[-1]
    assert (change.user_id, change.via) == (people.edsger.id, Door.UNSUBSCRIBE)
    assert (entry.act, entry.actor, entry.door) == (
        "unsubscribed",
        people.edsger.name,
        Door.UNSUBSCRIBE,
    )


def test_a_token_of_no_subscription_is_unknown(session: Session, people: Cast) -> None:
    for token in ("", "a" * 26, token_of(session, people.announce.id, 10**9), "é" * 26):
        with pytest.raises(Unknown):
            owner_of(session, token)


def test_on_a_list_that_was_closed_nobody_leaves_by_a_link(session: Session, people: Cast) -> None:
    people.announce.self_service = SelfService.CLOSED
    owner = owner_of(session, token_of(session, people.announce.id, people.edsger.id))

    with pytest.raises(Trespass, match="Only administrators"):
        unsubscribe_by_token(session, owner)

    assert is_subscribed(session, owner)


def test_on_a_list_on_request_one_leaves_by_link_and_by_mail(
    session: Session, people: Cast
) -> None:
    people.announce.self_service = SelfService.ON_REQUEST
    assert has_own_links(people.announce)
    by_link = owner_of(session, token_of(session, people.announce.id, people.edsger.id))
    by_mail = token_of(session, people.announce.id, people.barbara.id)

    assert unsubscribe_by_token(session, by_link)
    received = handled(session, f"unsubscribe+{by_mail}@lists.example.org", "barbara@example.org")

    assert received.outcome == "unsubscribed"
    assert not is_subscribed(session, by_link)


@pytest.mark.parametrize("sender", ["edsger@example.org", "robot@provider.example", ""])
def test_any_mail_to_the_address_in_a_copy_unsubscribes(
    session: Session, people: Cast, sender: str
) -> None:
    token = token_of(session, people.announce.id, people.edsger.id)
    address = f"Unsubscribe+{token.upper()}@lists.example.org"

    assert handled(session, address, sender).outcome == "unsubscribed"
    assert handled(session, address, sender).outcome == "not subscribed"
    assert not is_subscribed(session, owner_of(session, token))


def test_a_refused_mail_is_in_the_audit_trail(session: Session, people: Cast) -> None:
    people.announce.self_service = SelfService.CLOSED
    token = token_of(session, people.announce.id, people.edsger.id)

    received = handled(session, f"unsubscribe+{token}@lists.example.org")

    assert received.outcome is not None
    assert received.outcome.startswith("refused: Only administrators")
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()[-1]
    assert (entry.act, entry.door) == ("refused", Door.UNSUBSCRIBE)
