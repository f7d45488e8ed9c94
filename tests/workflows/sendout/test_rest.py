"""A corrected message to the rest: who gets it, and when it can be handed in."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Actor,
    DeliveryState,
    Dispatch,
    DispatchState,
    Door,
    IllegalTransition,
    Invalid,
    ListDelivery,
    Message,
    MessageState,
    Notification,
    Trespass,
    Verdict,
)
from models.clock import now
from sandbox.mailbox import Mailbox
from tests.builders import LIMIT, Cast, a_dispatch, a_list, an_eml, members
from tests.workflows.sendout.sending import EDSGER, deliveries, step
from workflows.messages import drafts
from workflows.messages.write import Draft
from workflows.moderation.decide import decide, request_approval
from workflows.people.addresses import change_address
from workflows.sendout.claim import begin_sending
from workflows.sendout.doubts import Choice, resend
from workflows.sendout.recipients import recipients
from workflows.sendout.rest import has_rest
from workflows.sendout.resume import end, resume
from workflows.sendout.schedule import recall
from workflows.subscriptions.subscribe import subscribe

OPERATOR = Actor.operator()
SENT, SENDING, FAILED = DeliveryState.SENT, DeliveryState.SENDING, DeliveryState.FAILED
PENDING, UNCERTAIN = DeliveryState.PENDING, DeliveryState.UNCERTAIN

# What became of the first message's copies, by member; Edsger and Barbara got theirs, too.
STATES = {"member0": FAILED, "member1": UNCERTAIN, "member2": PENDING, "member3": FAILED}
SETTLED = "member3"


@pytest.fixture
def first(session: Session, people: Cast) -> Message:
    """A message of which the sendout was stopped half-way, and ended."""
    members(session, people.announce, len(STATES))
    sending = a_dispatch(session, people)
    begin_sending(session, sending)
    for address, one in deliveries(session, sending).items():
        name = address.partition("@")[0]
        state = STATES.get(name, SENT)
        if state is not PENDING:
            one.move(SENDING)
            one.move(state)
        one.settled_at = now() if name == SETTLED else None
    recall(session, sending.message, actor=Actor(people.ada, Door.PORTAL))
    end(session, sending.message, actor=OPERATOR)
    return sending.message


def by(people: Cast, name: str) -> Actor:
    return Actor(getattr(people, name), Door.PORTAL)


def to_rest(
    session: Session, people: Cast, message: Message, *, with_uncertain: bool = False
) -> Message:
    return drafts.copy_to_rest(
        session,
        message,
        actor=by(people, "ada"),
        max_bytes=LIMIT,
        with_uncertain=with_uncertain,
        raw=an_eml("Correction"),
    )


def approved(session: Session, people: Cast, message: Message) -> Dispatch:
    request = request_approval(session, message, actor=by(people, "ada"))
    decide(session, request, Verdict.APPROVED, actor=by(people, "grace"))
    return session.scalars(select(Dispatch).where(Dispatch.message_id == message.id)).one()


def names(session: Session, message: Message) -> set[str]:
    return {each.partition("@")[0] for each in session.scalars(recipients(message))}


def test_it_goes_to_those_who_did_not_get_the_first(
    session: Session, people: Cast, first: Message, mailbox: Mailbox
) -> None:
    assert has_rest(session, first)
    correction = to_rest(session, people, first)

    sending = approved(session, people, correction)
    while step(session, sending, mailbox):
        pass

    assert sending.state is DispatchState.SENT
    assert {each.partition("@")[0] for each in deliveries(session, sending)} == {
        "member0",
        "member2",
    }
    letter = session.scalars(select(Notification).filter_by(message_id=correction.id)).first()
    assert letter is not None
    assert letter.detail == {"recipients": 2}


def test_an_uncertain_copy_is_followed_by_another_only_if_the_author_chooses(
    session: Session, people: Cast, first: Message
) -> None:
    without, chosen = (
        to_rest(session, people, first, with_uncertain=choice) for choice in (False, True)
    )

    assert names(session, without) == {"member0", "member2"}
    assert names(session, chosen) == {"member0", "member1", "member2"}
    assert without.content_hash() != chosen.content_hash()


def test_a_new_address_is_no_new_member_but_a_new_member_is(
    session: Session, people: Cast, first: Message
) -> None:
    correction = to_rest(session, people, first)

    change_address(session, people.edsger, "ewd@example.org", actor=OPERATOR)
    subscribe(session, people.linus, people.announce, actor=by(people, "linus"))

    assert names(session, correction) == {"member0", "member2", "linus"}


def test_of_several_corrections_each_member_gets_one(
    session: Session, people: Cast, first: Message
) -> None:
    second, third = to_rest(session, people, first), to_rest(session, people, first)
    sending = approved(session, people, second)
    with pytest.raises(IllegalTransition, match="is not over"):
        approved(session, people, third)
    begin_sending(session, sending)
    for address, one in deliveries(session, sending).items():
        one.move(SENDING)
        one.move(FAILED if address.startswith("member0") else SENT)
    sending.move(DispatchState.SENT)
    second.move(MessageState.SENT)

    fourth = to_rest(session, people, second)

    assert names(session, third) == names(session, fourth) == {"member0"}
    again = drafts.copy(session, third, actor=by(people, "ada"), max_bytes=LIMIT)
    assert names(session, again) == {"member0"}
    assert {third.rest_of_id, fourth.rest_of_id} == {first.id}


def test_no_copy_of_an_earlier_one_is_sent_again(
    session: Session, people: Cast, mailbox: Mailbox
) -> None:
    sending = a_dispatch(session, people)
    mailbox.answer(EDSGER, "550 5.1.1 No such user")
    while step(session, sending, mailbox):
        pass
    correction = to_rest(session, people, sending.message)
    savepoint = session.begin_nested()
    resend(session, sending.message, Choice(), actor=OPERATOR)
    with pytest.raises(IllegalTransition, match="is not over"):
        approved(session, people, correction)
    savepoint.rollback()

    approved(session, people, correction)

    with pytest.raises(IllegalTransition, match="goes to those who did not get"):
        resend(session, sending.message, Choice(), actor=OPERATOR)


def test_it_is_refused_before_the_end_and_once_everyone_has_one(
    session: Session, people: Cast, mailbox: Mailbox
) -> None:
    sending = a_dispatch(session, people)
    with pytest.raises(IllegalTransition, match="scheduled: its sendout is not over"):
        to_rest(session, people, sending.message)
    begin_sending(session, sending)
    recall(session, sending.message, actor=by(people, "ada"))
    assert not has_rest(session, sending.message)
    with pytest.raises(IllegalTransition, match="is not over"):
        to_rest(session, people, sending.message)

    resume(session, sending.message, actor=by(people, "ada"))
    while step(session, sending, mailbox):
        pass

    assert not has_rest(session, sending.message)
    with pytest.raises(Invalid, match="Every member"):
        to_rest(session, people, sending.message)


def test_only_its_author_writes_it_and_it_stays_on_its_list(
    session: Session, people: Cast, first: Message
) -> None:
    with pytest.raises(Trespass):
        drafts.copy_to_rest(session, first, actor=by(people, "barbara"), max_bytes=LIMIT)
    correction = to_rest(session, people, first)
    elsewhere = Draft(a_list(session, "staff"), an_eml())

    with pytest.raises(Invalid, match="stays on its list"):
        drafts.rewrite(session, correction, elsewhere, actor=by(people, "ada"), max_bytes=LIMIT)


def test_a_list_server_that_took_the_first_gets_no_second(
    session: Session, people: Cast, mailbox: Mailbox
) -> None:
    people.announce.delivery = ListDelivery.LIST_ADDRESS
    sending = a_dispatch(session, people)
    mailbox.answer(people.announce.address, "550 5.1.1 No such list")
    while step(session, sending, mailbox):
        pass
    correction = to_rest(session, people, sending.message)
    assert session.scalars(recipients(correction)).all() == [people.announce.address]

    sent = approved(session, people, correction)
    while step(session, sent, mailbox):
        pass

    with pytest.raises(Invalid, match="Every member"):
        to_rest(session, people, correction)
