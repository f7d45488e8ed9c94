"""Any story of messages, approvers, dying workers and a moody relay keeps the promises."""

from collections import Counter
from collections.abc import Sequence

from hypothesis import Phase, settings
from hypothesis.stateful import invariant, run_state_machine_as_test
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Decision,
    Delivery,
    DeliveryState,
    Dispatch,
    DispatchState,
    Door,
    Message,
    MessageState,
    ModerationRequest,
    RequestState,
    Right,
    User,
    Verdict,
)
from sandbox.mailbox import Mail, Mailbox
from tests.builders import Cast
from tests.workflows.storyteller import Storyteller
from workflows import lists

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
    """What is true after every step, and at the end."""

    @invariant()
    def a_message_its_requests_and_its_sendouts_fit_each_other(self) -> None:
        for message in self.session.scalars(select(Message)):
            about = {"message_id": message.id}
            requests = self.session.scalars(select(ModerationRequest).filter_by(**about)).all()
            sendouts = self.session.scalars(select(Dispatch).filter_by(**about)).all()
            is_open = [request.state is RequestState.OPEN for request in requests]
            alive = [d.state for d in sendouts if d.state is not DispatchState.RECALLED]
            assert (sum(is_open), alive) == FITS[message.state]
            if message.state is MessageState.SENT:
                assert not self.deliveries_to_be_made(message)
            verdicts = [request.decision.verdict for request in requests if request.decision]
            assert (message.state is MessageState.REJECTED) is (Verdict.REJECTED in verdicts)

    def deliveries_to_be_made(self, message: Message) -> Sequence[Delivery]:
        pending = Delivery.state.in_([DeliveryState.PENDING, DeliveryState.SENDING])
        found = select(Delivery).join(Dispatch).where(Dispatch.message_id == message.id, pending)
        return self.session.scalars(found).all()

    @invariant()
    def a_request_was_decided_once_by_somebody_else_or_not_at_all(self) -> None:
        answered = select(ModerationRequest, Decision).outerjoin(Decision)
        for request, decision in self.session.execute(answered):
            assert (decision is not None) is (request.state is RequestState.DECIDED)
            if decision:
                assert decision.approver in {self.people.ada, self.people.grace, self.people.linus}
                assert decision.approver_id != request.message.author_id

    @invariant()
    def nothing_is_scheduled_without_an_approval_or_right_601(self) -> None:
        for sendout in self.session.scalars(select(Dispatch)):
            if sendout.released_by_id:
                releaser = self.session.get_one(User, sendout.released_by_id)
                assert releaser.may(Right.SEND_MESSAGES)
                assert releaser is sendout.message.author
            else:
                request = self.session.get_one(ModerationRequest, sendout.request_id)
                assert request.decision
                assert request.decision.verdict is Verdict.APPROVED
                assert request.message_id == sendout.message_id
                assert request.content_hash == sendout.content_hash

    @invariant()
    def everybody_got_once_what_the_books_say_and_what_was_approved(self) -> None:
        approved = {content: number for number, content in self.approvable.items()}
        assert {mail.content for mail in self.mails()} <= set(approved)
        got = Counter((approved[m.content], *m.recipients) for m in self.mails())
        rows = self.session.execute(
            select(Dispatch.message_id, Delivery.address, Delivery.state).join(Dispatch)
        ).all()
        for message_id, address, state in rows:
            assert got.pop((message_id, address), 0) in GOT[state]
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
                for message in self.session.scalars(select(Message)).all():
                    self.ring(message, luck=0)
            self.everybody_got_once_what_the_books_say_and_what_was_approved()
            unfinished = select(Dispatch).where(
                Dispatch.state.in_([DispatchState.WAITING, DispatchState.SENDING])
            )
            assert self.session.scalars(unfinished).all() == []
        finally:
            self.session.rollback()
            self.mailbox.forget()


def test_every_story_keeps_the_promises(session: Session, people: Cast, mailbox: Mailbox) -> None:
    # An author on the approver list, who is not to decide about the own message.
    members = [people.ada, people.grace, people.linus]
    lists.set_approvers(session, people.approvers, members, by=None, via=Door.COMMAND_LINE)
    session.commit()

    class Told(Promises):
        def __init__(self) -> None:
            super().__init__(session, people, mailbox)

    # Shrinking a story takes minutes: add Phase.shrink to understand one that failed.
    phases = (Phase.explicit, Phase.reuse, Phase.generate)
    run_state_machine_as_test(
        Told,
        settings=settings(max_examples=30, stateful_step_count=30, deadline=None, phases=phases),
    )
