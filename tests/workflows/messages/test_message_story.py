"""Any story of messages, approvers, dying workers and an unreliable relay keeps the promises."""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from hypothesis import Phase, settings
from hypothesis.stateful import invariant, precondition, run_state_machine_as_test
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Actor,
    Decision,
    Delivery,
    DeliveryState,
    Dispatch,
    DispatchState,
    Message,
    MessageState,
    ModerationRequest,
    RequestState,
    Right,
    Verdict,
)
from sandbox.mailbox import Mail, Mailbox
from tests.builders import Cast
from tests.workflows.messages.storyteller import Storyteller, write_four
from tests.workflows.sendout.sending import as_approved
from workflows.lists import lists

OPEN, RECALLED = RequestState.OPEN, DispatchState.RECALLED

# How many requests are open, and in which state the sendout is, for each state of a message.
FITS: dict[MessageState, tuple[int, list[DispatchState]]] = {
    MessageState.DRAFT: (0, []),
    MessageState.IN_MODERATION: (1, []),
    MessageState.REJECTED: (0, []),
    MessageState.SCHEDULED: (0, [DispatchState.WAITING]),
    MessageState.SENDING: (0, [DispatchState.SENDING]),
    MessageState.SENT: (0, [DispatchState.SENT]),
    MessageState.STOPPED: (0, [DispatchState.STOPPED]),
}

# How many mails a recipient may have got, for each state of the delivery.
GOT: dict[DeliveryState, set[int]] = {
    DeliveryState.PENDING: {0},
    DeliveryState.SENDING: {0, 1},
    DeliveryState.SENT: {1},
    DeliveryState.FAILED: {0},
    DeliveryState.UNCERTAIN: {0, 1},
}


class Promises(Storyteller):
    """Invariants after every step that changes something, and at the end."""

    answerers: Collection[int]  # who is on the approver list
    senders: Collection[int]  # who has Right 601
    requests: Sequence[Any]  # with each message's author and the decision, if there is one
    sendouts: Sequence[Any]  # with each message's author
    deliveries: Sequence[Any]  # which message goes to which address, and how far it is

    @precondition(lambda self: self.changed)
    @invariant()
    def every_promise_is_kept(self) -> None:
        """Read the tables once per step."""
        self.look()
        self.a_message_its_requests_and_its_sendouts_fit_each_other()
        self.a_request_was_decided_once_by_somebody_else_or_not_at_all()
        self.nothing_is_scheduled_without_an_approval_or_right_601()
        self.everybody_got_once_what_the_books_say_and_what_was_approved()

    def look(self) -> None:
        self.requests = self.session.execute(
            select(
                *ModerationRequest.__table__.columns,
                Message.author_id,
                Decision.verdict,
                Decision.approver_id,
            )
            .join(Message)
            .outerjoin(Decision)
        ).all()
        self.sendouts = self.session.execute(
            select(*Dispatch.__table__.columns, Message.author_id).join(Dispatch.message)
        ).all()
        self.deliveries = self.session.execute(
            select(Dispatch.message_id, Delivery.address, Delivery.state).join(Dispatch)
        ).all()

    def a_message_its_requests_and_its_sendouts_fit_each_other(self) -> None:
        for number, state in self.session.execute(select(Message.id, Message.state)):
            mine = [request for request in self.requests if request.message_id == number]
            alive = [
                d.state for d in self.sendouts if d.message_id == number and d.state is not RECALLED
            ]
            assert (sum(request.state is OPEN for request in mine), alive) == FITS[state]
            rejected = Verdict.REJECTED in [request.verdict for request in mine]
            assert (state is MessageState.REJECTED) is rejected
            if state is MessageState.SENT:
                left = {d.state for d in self.deliveries if d.message_id == number}
                assert not left & {DeliveryState.PENDING, DeliveryState.SENDING}

    def a_request_was_decided_once_by_somebody_else_or_not_at_all(self) -> None:
        for request in self.requests:
            assert (request.verdict is not None) is (request.state is RequestState.DECIDED)
            assert request.verdict is None or request.approver_id in self.answerers
            assert request.approver_id != request.author_id

    def nothing_is_scheduled_without_an_approval_or_right_601(self) -> None:
        requests = {request.id: request for request in self.requests}
        for sendout in self.sendouts:
            if sendout.released_by_id:
                assert sendout.released_by_id in self.senders
                assert sendout.released_by_id == sendout.author_id
            else:
                request = requests[sendout.request_id]
                assert request.verdict is Verdict.APPROVED
                assert request.message_id == sendout.message_id
                assert request.content_hash == sendout.content_hash

    def everybody_got_once_what_the_books_say_and_what_was_approved(self) -> None:
        approved = {content: number for number, content in self.approvable.items()}
        sent = [(as_approved(mail.content), mail.recipients) for mail in self.mails()]
        assert {content for content, _ in sent} <= set(approved)
        got = Counter((approved[content], *recipients) for content, recipients in sent)
        for delivery in self.deliveries:
            key = (delivery.message_id, delivery.address)
            assert got.pop(key, 0) in GOT[delivery.state]
        assert not got

    def mails(self) -> list[Mail]:
        return self.earlier + self.mailbox.mails

    def teardown(self) -> None:
        """Once the relay is well again, everything that was begun comes to its end."""
        self.switch()
        self.earlier = self.mails()
        self.mailbox.forget()
        try:
            for _ in range(3):
                self.wake()
                self.let_time_pass()
                for sendout in self.unfinished():
                    self.work(sendout.message, luck=0)
            self.look()
            self.everybody_got_once_what_the_books_say_and_what_was_approved()
            assert self.unfinished() == []
        finally:
            self.session.rollback()
            self.mailbox.forget()

    def unfinished(self) -> Sequence[Dispatch]:
        """Return the sendouts that still have copies to send."""
        states = [DispatchState.WAITING, DispatchState.SENDING]
        return self.session.scalars(select(Dispatch).where(Dispatch.state.in_(states))).all()


def test_every_story_keeps_the_promises(session: Session, people: Cast, mailbox: Mailbox) -> None:
    # An author on the approver list, who is not to decide about the own message.
    members = [people.ada, people.grace, people.linus]
    lists.set_approvers(session, people.approvers, members, actor=Actor.operator())
    write_four(session, people)
    answerers = {user.id for user in members}
    senders = {user.id for user in people[:5] if user.may(Right.SEND_MESSAGES)}
    session.commit()

    class Story(Promises):
        def __init__(self) -> None:
            super().__init__(session, people, mailbox)
            self.answerers, self.senders = answerers, senders

    # Shrinking a story takes minutes: add Phase.shrink to understand one that failed.
    phases = (Phase.explicit, Phase.reuse, Phase.generate)
    run_state_machine_as_test(
        Story,
        settings=settings(max_examples=8, stateful_step_count=25, deadline=None, phases=phases),
    )
