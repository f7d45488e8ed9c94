"""What people, workers and the relay may do, in any order: the rules that hypothesis plays by."""

from collections.abc import Iterator
from contextlib import contextmanager

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, precondition, rule
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import (
    Delivery,
    Dispatch,
    DispatchState,
    Door,
    Message,
    MessageState,
    ModerationRequest,
    Refusal,
    User,
    Verdict,
)
from models.clock import now
from notifications.outgoing import outgoing
from sandbox.mailbox import Mail, Mailbox
from tests.builders import LIMIT, Cast, a_mailer, an_eml
from workflows import dispatch, messages, moderation, sendout, subscriptions, sweep

PORTAL = Door.PORTAL
BELL = (DispatchState.WAITING, DispatchState.SENDING)

# Most of what happens to a message its author does; most of it is the same few messages.
who = st.sampled_from(["author", "author", "ada", "grace", "linus", "barbara", "edsger"])
MESSAGES = 3


class Storyteller(RuleBasedStateMachine):
    """The cast, their workers and their relay."""

    written: Bundle[int] = Bundle("written")

    def __init__(self, session: Session, people: Cast, mailbox: Mailbox) -> None:
        super().__init__()
        self.session, self.people, self.mailbox = session, people, mailbox
        self.away = False
        self.numbers: list[int] = []
        self.earlier: list[Mail] = []
        self.approvable: dict[int, bytes] = {}  # what was asked about, or released, of a message

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """What is refused is undone, as a door undoes it."""
        try:
            with self.session.begin_nested():
                yield
        except Refusal:
            self.session.expire_all()

    def message(self, number: int) -> Message:
        return self.session.get_one(Message, number)

    def person(self, by: str, number: int) -> User:
        """Whoever `by` names, who may be the author of that message."""
        found: User = self.message(number).author if by == "author" else getattr(self.people, by)
        return found

    def newest_request(self, number: int) -> ModerationRequest | None:
        found = select(ModerationRequest).where(ModerationRequest.message_id == number)
        return self.session.scalars(found.order_by(ModerationRequest.id.desc())).first()

    @precondition(lambda self: len(self.numbers) < MESSAGES)
    @rule(target=written, author=st.sampled_from(["ada", "barbara"]))
    def write(self, author: str) -> int:
        number = messages.write(
            self.session,
            getattr(self.people, author),
            self.people.announce,
            raw=an_eml(),
            max_bytes=LIMIT,
            via=PORTAL,
        ).id
        self.numbers.append(number)
        return number

    @rule(number=written, by=who)
    def ask(self, number: int, by: str) -> None:
        message = self.message(number)
        with self.attempt():
            author = self.person(by, number)
            moderation.request_approval(self.session, message, author, via=PORTAL)
            self.approvable[number] = outgoing(message)

    @rule(number=written, by=who, verdict=st.sampled_from(Verdict))
    def decide(self, number: int, by: str, verdict: Verdict) -> None:
        if request := self.newest_request(number):
            with self.attempt():
                approver = self.person(by, number)
                moderation.decide(self.session, request, approver, verdict, via=PORTAL)

    @rule(number=written)
    def approve(self, number: int) -> None:
        self.decide(number, "grace", Verdict.APPROVED)

    @rule(number=written, by=who)
    def withdraw(self, number: int, by: str) -> None:
        if request := self.newest_request(number):
            with self.attempt():
                author = self.person(by, number)
                moderation.withdraw(self.session, request, author, via=PORTAL)

    @rule(number=written, by=who)
    def release(self, number: int, by: str) -> None:
        message = self.message(number)
        with self.attempt():
            dispatch.release(self.session, message, self.person(by, number), via=PORTAL)
            self.approvable[number] = outgoing(message)

    @rule(number=written, by=who)
    def recall(self, number: int, by: str) -> None:
        with self.attempt():
            message, person = self.message(number), self.person(by, number)
            dispatch.recall(self.session, message, person, via=PORTAL)

    @rule(number=written)
    def meddle_with_what_is_not_yet_being_sent(self, number: int) -> None:
        message = self.message(number)
        if message.state in {MessageState.IN_MODERATION, MessageState.SCHEDULED}:
            message.raw += b"and bring money\n"
            self.session.flush()

    @rule(member=st.sampled_from(["ada", "edsger"]), joins=st.booleans())
    def change_the_members(self, member: str, joins: bool) -> None:
        verb = subscriptions.subscribe if joins else subscriptions.unsubscribe
        verb(self.session, getattr(self.people, member), self.people.announce, by=None, via=PORTAL)
        self.session.flush()

    @rule(number=written, dies=st.booleans())
    def ring(self, number: int, dies: bool) -> None:
        """A worker hears the bells, also stale ones; it may die between its two transactions."""
        for row_id in self.session.scalars(
            select(Dispatch.id).where(Dispatch.message_id == number)
        ).all():
            waiting = Dispatch.take(self.session, row_id, *BELL)
            batch = sendout.claim(self.session, waiting) if waiting else []
            self.session.flush()
            if not dies:
                sendout.send(self.session, row_id, batch, a_mailer(self.mailbox))
                self.session.flush()

    @rule()
    def let_time_pass_and_sweep(self) -> None:
        moment = now()
        self.session.flush()
        self.session.execute(update(Dispatch).values(due_at=moment, ring_at=moment))
        self.session.execute(update(Delivery).values(next_attempt_at=moment))
        self.session.execute(update(Delivery).values(claimed_at=moment - sendout.CLAIM_GRACE))
        self.session.expire_all()
        sweep.ring_again(self.session)
        sweep.report_uncertain(self.session)
        self.session.flush()

    @rule(reply=st.sampled_from(["451 4.3.0 later", "550 5.1.1 nobody", "421 4.3.2 closing"]))
    def refuse_the_next(self, reply: str) -> None:
        self.mailbox.answer(None, reply)

    @rule(kept=st.booleans())
    def hang_up_on_the_next(self, kept: bool) -> None:
        self.mailbox.drop_after_data(kept=kept)

    @precondition(lambda self: not self.away)
    @rule()
    def switch_the_relay_off(self) -> None:
        self.mailbox.stop()
        self.away = True

    @precondition(lambda self: self.away)
    @rule()
    def switch_the_relay_on(self) -> None:
        self.mailbox.start()
        self.away = False
