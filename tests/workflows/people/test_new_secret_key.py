"""A new SECRET_KEY voids what the old one derived; keys that are sent again are derived from it."""

import pytest
from sqlalchemy.orm import Session

from models import ApproverKeys, LinkPurpose, MailedLink, Unknown
from models.clock import now
from notifications.letters.keys import Keys, hashed
from tests.builders import Cast, a_request
from workflows.moderation.approver_keys import keys_by_code, keys_by_link, keys_by_reply
from workflows.people.account_links import LIFETIMES, link_by_token, use_link

OLD = Keys(b"the secret that has leaked, with 32 characters")
NEW = Keys(b"the secret that replaces it, with 32 characters")


@pytest.fixture
def asked(session: Session, people: Cast) -> ApproverKeys:
    """Grace's keys; her letter was rendered with the old secret."""
    keys: ApproverKeys = a_request(session, people).approver_keys[0]
    rendered(keys, OLD)
    session.flush()
    return keys


def rendered(keys: ApproverKeys, secret: Keys) -> None:
    """As if a letter with the keys was rendered with this secret."""
    keys.reply_hash = hashed(secret.reply_token(keys.id))
    keys.link_hash = hashed(secret.link_token(keys.id))


def address(keys: ApproverKeys, secret: Keys) -> str:
    return f"moderation+{secret.reply_token(keys.id)}@example.org"


def test_each_way_to_answer_works_with_the_secret_of_its_letter(
    session: Session, asked: ApproverKeys
) -> None:
    assert keys_by_reply(session, address(asked, OLD), OLD) is asked
    assert keys_by_link(session, OLD.link_token(asked.id), OLD) is asked
    assert keys_by_code(session, asked.user, OLD.code(asked.id), OLD) is asked


def test_a_new_secret_voids_each_way_to_answer(session: Session, asked: ApproverKeys) -> None:
    assert keys_by_reply(session, address(asked, OLD), NEW) is None
    assert keys_by_code(session, asked.user, OLD.code(asked.id), NEW) is None
    with pytest.raises(Unknown):
        keys_by_link(session, OLD.link_token(asked.id), NEW)


def test_the_reminder_after_a_new_secret_can_be_answered(
    session: Session, asked: ApproverKeys
) -> None:
    rendered(asked, NEW)
    session.flush()

    assert keys_by_reply(session, address(asked, NEW), NEW) is asked
    assert keys_by_link(session, NEW.link_token(asked.id), NEW) is asked
    assert keys_by_reply(session, address(asked, OLD), NEW) is None


def test_a_new_secret_voids_mailed_links(session: Session, people: Cast) -> None:
    purpose = LinkPurpose.RESET
    link = MailedLink(user=people.ada, purpose=purpose, expires_at=now() + LIFETIMES[purpose])
    session.add(link)
    session.flush()
    link.token_hash = hashed(OLD.mailed_token(link.id))
    session.flush()

    with pytest.raises(Unknown):
        use_link(session, OLD.mailed_token(link.id), NEW)

    assert link_by_token(session, OLD.mailed_token(link.id), OLD) is link
    assert link.used_at is None
