"""Change a draft, see a proof of it, copy it, delete it, give it a time."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    AuditEntry,
    Channel,
    Door,
    IllegalTransition,
    Invalid,
    LetterName,
    Message,
    MessageState,
    Notification,
    NotificationState,
    Preference,
    Trespass,
    User,
    Verdict,
)
from models.clock import now
from notifications.letters.delivery import deliver
from notifications.mime.compose import TypedMessage, compose_mail
from notifications.mime.parse import Attachment
from sandbox.mailbox import Mailbox
from tests.builders import LIMIT, Cast, a_draft, a_list, a_request, an_eml, an_example
from tests.letter_context import a_context
from workflows.messages import drafts
from workflows.messages.drafts import NotADraft
from workflows.messages.write import Draft, hand_in, write
from workflows.moderation.decide import decide, withdraw
from workflows.notify import try_other_channel

PORTAL = Door.PORTAL
LATER = timedelta(days=3)


def rewrite(session: Session, message: Message, by: User, raw: bytes) -> None:
    drafts.rewrite(
        session,
        message,
        Draft(message.mailing_list, raw, composed=True),
        actor=Actor(by, PORTAL),
        max_bytes=LIMIT,
    )


def discard(session: Session, message: Message, by: User) -> None:
    drafts.discard(session, message, actor=Actor(by, PORTAL))


def copy(session: Session, message: Message, by: User) -> None:
    drafts.copy(session, message, actor=Actor(by, PORTAL), max_bytes=LIMIT)


def prove(session: Session, message: Message, by: User) -> None:
    drafts.send_proof(session, message, actor=Actor(by, PORTAL))


def postpone(session: Session, message: Message, by: User) -> None:
    drafts.reschedule(session, message, actor=Actor(by, PORTAL), send_at=now() + LATER)


VERBS: dict[str, Callable[[Session, Message, User], None]] = {
    "rewrite": lambda session, message, by: rewrite(session, message, by, an_eml()),
    "discard": discard,
    "copy": copy,
    "prove": prove,
    "postpone": postpone,
}


def acts(session: Session, message: Message) -> list[str]:
    session.flush()
    entries = select(AuditEntry.act).where(AuditEntry.message_id == message.id)
    return list(session.scalars(entries.order_by(AuditEntry.id)))


@pytest.mark.parametrize("who", ["grace", "barbara", "edsger"])
@pytest.mark.parametrize("verb", VERBS)
def test_only_its_author_changes_a_draft(
    session: Session, people: Cast, verb: str, who: str
) -> None:
    draft = a_draft(session, people)

    with pytest.raises(Trespass):
        VERBS[verb](session, draft, getattr(people, who))

    assert acts(session, draft) == [Act.WROTE]
    assert session.scalars(select(Notification)).all() == []
    assert len(session.scalars(select(Message)).all()) == 1


def test_a_draft_is_replaced_as_a_whole(session: Session, people: Cast) -> None:
    draft, other = a_draft(session, people), a_list(session, "staff")
    written_at = draft.written_at

    drafts.rewrite(
        session,
        draft,
        Draft(other, an_eml("Another"), composed=True),
        actor=Actor(people.ada, PORTAL),
        max_bytes=LIMIT,
    )

    session.expire(draft)
    assert (draft.subject, draft.raw) == ("Another", an_eml("Another"))
    assert (draft.size, draft.mailing_list, draft.composed) == (len(draft.raw), other, True)
    assert draft.written_at > written_at
    assert acts(session, draft) == [Act.WROTE, Act.REWROTE]


def test_an_unreadable_mail_replaces_nothing(session: Session, people: Cast) -> None:
    draft = a_draft(session, people)

    with pytest.raises(Invalid, match="is empty"):
        rewrite(session, draft, people.ada, b"")

    assert draft.raw == an_eml()


@pytest.mark.parametrize("verb", ["rewrite", "discard"])
def test_a_message_in_moderation_is_never_changed(
    session: Session, people: Cast, verb: str
) -> None:
    message = a_request(session, people).message

    with pytest.raises(NotADraft, match="is not a draft"):
        VERBS[verb](session, message, people.ada)

    assert message.raw == an_eml()
    assert message.state is MessageState.IN_MODERATION


def test_a_deleted_draft_keeps_its_history_and_nothing_else(session: Session, people: Cast) -> None:
    request = a_request(session, people)
    message = request.message
    withdraw(session, request, actor=Actor(people.ada, PORTAL))

    discard(session, message, people.ada)

    session.flush()
    session.expire(message)
    assert message.state is MessageState.DISCARDED
    assert (message.subject, message.raw, message.size, message.send_at) == ("", b"", 0, None)
    assert acts(session, message) == [Act.WROTE, Act.ASKED, Act.WITHDREW, Act.DISCARDED]


@pytest.mark.parametrize("verb", VERBS)
def test_a_deleted_draft_is_gone_for_good(session: Session, people: Cast, verb: str) -> None:
    draft = a_draft(session, people)
    discard(session, draft, people.ada)

    with pytest.raises((NotADraft, IllegalTransition)):
        VERBS[verb](session, draft, people.ada)
    with pytest.raises(IllegalTransition):
        hand_in(session, draft, actor=Actor(people.ada, PORTAL))


def test_a_rejected_message_is_copied_into_a_new_draft(session: Session, people: Cast) -> None:
    request = a_request(session, people)
    decide(session, request, Verdict.REJECTED, actor=Actor(people.grace, PORTAL))

    new = drafts.copy(session, request.message, actor=Actor(people.ada, PORTAL), max_bytes=LIMIT)

    assert new.id != request.message.id
    assert (new.state, new.raw) == (MessageState.DRAFT, request.message.raw)
    assert request.message.state is MessageState.REJECTED


def test_a_copy_of_what_we_composed_can_be_edited_too(session: Session, people: Cast) -> None:
    draft = a_draft(session, people)
    rewrite(session, draft, people.ada, an_eml())

    assert drafts.copy(session, draft, actor=Actor(people.ada, PORTAL), max_bytes=LIMIT).composed


def test_a_proof_is_the_message_as_it_will_be_sent(session: Session, people: Cast) -> None:
    people.ada.preference, people.ada.phone = Preference.SMS, "+33612345678"
    draft = a_draft(session, people)

    prove(session, draft, people.ada)

    proof = session.scalars(select(Notification)).one()
    assert (proof.letter, proof.channel) == (LetterName.PROOF, Channel.EMAIL)
    with Mailbox() as mailbox:
        deliver(session, proof, a_context(mailbox))
        (mail,) = mailbox.mails
    assert mail.recipients == ("ada@example.org",)
    assert an_example(draft) in mail.content
    assert draft.state is MessageState.DRAFT


def test_a_proof_of_what_was_deleted_is_not_sent(session: Session, people: Cast) -> None:
    draft = a_draft(session, people)
    prove(session, draft, people.ada)
    discard(session, draft, people.ada)

    proof = session.scalars(select(Notification)).one()
    deliver(session, proof, a_context())

    assert proof.state is NotificationState.MOOT


def test_a_proof_never_becomes_a_text_to_a_telephone(session: Session, people: Cast) -> None:
    people.ada.phone = "+33612345678"
    prove(session, a_draft(session, people), people.ada)

    try_other_channel(session, session.scalars(select(Notification)).one())

    assert len(session.scalars(select(Notification)).all()) == 1


def a_mail(subject: str, text: str, html: str = "", *, attach: bool = False) -> bytes:
    """A message as the portal's form composes it."""
    attachments = [Attachment("plan.pdf", "application/pdf", 4, b"%PDF")] if attach else []
    author = User(name="Ada Lovelace", address="ada@example.org")
    return compose_mail(TypedMessage(subject, text, html, attachments), author)


@pytest.mark.parametrize("who", ["ada", "barbara"])
@pytest.mark.parametrize(
    "raw", [a_mail("", ""), a_mail(" ", " \n\t"), a_mail("", "", "<p>&nbsp;</p>")]
)
def test_an_empty_draft_is_kept_but_not_handed_in(
    session: Session, people: Cast, who: str, raw: bytes
) -> None:
    actor = Actor(getattr(people, who), PORTAL)
    draft = write(session, Draft(people.announce, raw), actor=actor, max_bytes=LIMIT)

    with pytest.raises(Invalid, match="The message is empty"):
        hand_in(session, draft, actor=actor)

    assert draft.state is MessageState.DRAFT


@pytest.mark.parametrize(
    "raw",
    [
        a_mail("News", ""),
        a_mail("", "Come."),
        a_mail("", "", "<p>Come.</p>"),
        a_mail("", "", "<p><img src='cid:1'></p>"),
        a_mail("", "", attach=True),
    ],
)
def test_one_of_subject_text_and_attachment_is_enough(
    session: Session, people: Cast, raw: bytes
) -> None:
    actor = Actor(people.ada, PORTAL)
    draft = write(session, Draft(people.announce, raw), actor=actor, max_bytes=LIMIT)

    hand_in(session, draft, actor=actor)

    assert draft.state is MessageState.IN_MODERATION
