"""Random steps of people, workers and the relay, in any order, played by hypothesis."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from enum import Enum, auto

from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    multiple,
    rule,
)
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import (
    Actor,
    Delivery,
    Dispatch,
    DispatchState,
    Door,
    Message,
    MessageState,
    ModerationRequest,
    Refusal,
    Right,
    User,
    Verdict,
)
from models.clock import now
from sandbox.mailbox import Mail, Mailbox
from tests.builders import LIMIT, Cast, an_eml, an_example
from tests.workflows.sendout.sending import NOTHING, as_approved, send_claimed
from workflows import sweep
from workflows.messages import write
from workflows.moderation import decide
from workflows.sendout import schedule
from workflows.sendout.claim import Batch, claim_batch
from workflows.sendout.left_behind import CLAIM_GRACE, settle_left_behind
from workflows.subscriptions.subscribe import subscribe, unsubscribe

PORTAL = Door.PORTAL
UNFINISHED = (DispatchState.WAITING, DispatchState.SENDING)

# Actors: mostly one who has the right (the author, or an approver), else any user.
WHO = ["who may", "who may", "who may", "who may", "ada", "grace", "linus", "barbara", "edsger"]

REPLIES = ["451 4.3.0 later", "550 5.1.1 nobody", "421 4.3.2 closing"]


DEEDS = ["ask", "ask", "approve", "approve", "reject", "send_back", "withdraw", "release"]
DEEDS += ["recall", "meddle"]
CHANCES = ["work", "work", "work", "wake", "let_time_pass"]
OF_THE_RELAY = ["refuse", "hang_up", "hang_up", "switch"]
CHANCES += [*OF_THE_RELAY, "change_members"]


class Fate(Enum):
    """The end of a worker between its two commits."""

    LIVES = auto()
    SLEEPS_LONG = auto()
    DIES_BEFORE_IT_SENDS = auto()
    DIES_BEFORE_IT_WRITES_IT_DOWN = auto()


def write_four(session: Session, people: Cast) -> None:
    """Write a draft, and messages that are asked about, approved and released."""
    announce, grace = people.announce, Actor(people.grace, PORTAL)
    by_ada, by_barbara = Actor(people.ada, PORTAL), Actor(people.barbara, PORTAL)

    def written(actor: Actor) -> Message:
        return write.write(session, write.Draft(announce, an_eml()), actor=actor, max_bytes=LIMIT)

    written(by_ada)
    decide.request_approval(session, written(by_barbara), actor=by_barbara)
    asked = decide.request_approval(session, written(by_ada), actor=by_ada)
    decide.decide(session, asked, Verdict.APPROVED, actor=grace)
    schedule.release(session, written(by_barbara), actor=by_barbara)


class Storyteller(RuleBasedStateMachine):
    """The cast, their workers and their relay."""

    written: Bundle[int] = Bundle("written")

    def __init__(self, session: Session, people: Cast, mailbox: Mailbox) -> None:
        super().__init__()
        self.session, self.people, self.mailbox = session, people, mailbox
        self.relay_is_down = False
        self.asleep: list[tuple[int, Batch]] = []
        self.approvable: dict[int, bytes] = {}  # what was asked about, or released, of a message
        self.earlier: list[Mail] = []
        self.changed = False  # whether the last step may have changed a row or sent a mail

    @initialize(target=written)
    def four_messages_have_come_so_far(self) -> MultipleResults[int]:
        """Begin with the messages of `write_four`, which each story finds as they were."""
        found = self.session.scalars(select(Message).order_by(Message.id)).all()
        self.approvable = {one.id: as_approved(an_example(one)) for one in found[1:]}
        return multiple(*(one.id for one in found))

    # One rule with weights of our own: of several, hypothesis leaves some out of a story.
    @rule(
        number=written,
        event=st.sampled_from([*DEEDS, *DEEDS, *CHANCES]),
        by=st.sampled_from(WHO),
        luck=st.integers(0, 3),
    )
    def it_happens(self, number: int, event: str, by: str, luck: int) -> None:
        message = self.session.get_one(Message, number)
        self.changed = event not in OF_THE_RELAY
        if event in CHANCES:
            getattr(self, event)(message, luck)
            return
        may = self.people.grace if event in {"approve", "reject", "send_back"} else message.author
        with self.attempt():
            getattr(self, event)(message, getattr(self.people, by, may))

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Undo the step if it is refused, as a door does."""
        try:
            with self.session.begin_nested():
                yield
        except Refusal:
            self.session.expire_all()
            self.changed = False

    def ask(self, message: Message, by: User) -> None:
        decide.request_approval(self.session, message, actor=Actor(by, PORTAL))
        self.approvable[message.id] = as_approved(an_example(message))

    def approve(self, message: Message, by: User) -> None:
        if request := self.newest_request(message):
            decide.decide(self.session, request, Verdict.APPROVED, actor=Actor(by, PORTAL))

    def reject(self, message: Message, by: User) -> None:
        if request := self.newest_request(message):
            decide.decide(self.session, request, Verdict.REJECTED, actor=Actor(by, PORTAL))

    def send_back(self, message: Message, by: User) -> None:
        if request := self.newest_request(message):
            actor = Actor(by, PORTAL)
            decide.decide(self.session, request, Verdict.SENT_BACK, actor=actor, comment="Why?")

    def withdraw(self, message: Message, by: User) -> None:
        if request := self.newest_request(message):
            decide.withdraw(self.session, request, actor=Actor(by, PORTAL))

    def release(self, message: Message, by: User) -> None:
        schedule.release(self.session, message, actor=Actor(by, PORTAL))
        self.approvable[message.id] = as_approved(an_example(message))

    def recall(self, message: Message, by: User) -> None:
        schedule.recall(self.session, message, actor=Actor(by, PORTAL))
        assert by is message.author or by.may(Right.SEND_MESSAGES)

    def meddle(self, message: Message, _by: User) -> None:
        """Change what was asked about, which no verb does."""
        if message.state is not MessageState.DRAFT:
            message.raw += b"and bring money\n"
            self.session.flush()

    def newest_request(self, message: Message) -> ModerationRequest | None:
        found = select(ModerationRequest).where(ModerationRequest.message_id == message.id)
        return self.session.scalars(found.order_by(ModerationRequest.id.desc())).first()

    def change_members(self, _message: Message, luck: int) -> None:
        verb = subscribe if luck else unsubscribe
        user = self.people.edsger if luck > 1 else self.people.ada
        verb(self.session, user, self.people.announce, actor=Actor.operator())
        self.session.flush()

    def work(self, message: Message, luck: int) -> None:
        """A worker runs the tasks of all sendouts that the message ever had, stale ones too."""
        fate = [*Fate][luck]
        sendouts = select(Dispatch.id).where(Dispatch.message_id == message.id)
        for row_id in self.session.scalars(sendouts).all():
            waiting = Dispatch.take(self.session, row_id, *UNFINISHED)
            batch = claim_batch(self.session, waiting, UTC) if waiting else NOTHING
            self.session.flush()
            if fate is Fate.SLEEPS_LONG:
                self.asleep.append((row_id, batch))
            elif fate is not Fate.DIES_BEFORE_IT_SENDS:
                self.send(row_id, batch, lives=fate is Fate.LIVES)

    def wake(self, _message: Message | None = None, _luck: int = 0) -> None:
        """Continue a worker that slept; it knows nothing of what happened meanwhile."""
        while self.asleep:
            self.send(*self.asleep.pop(), lives=True)

    def send(self, row_id: int, batch: Batch, *, lives: bool) -> None:
        with self.session.begin_nested() as second:
            send_claimed(self.session, row_id, batch, self.mailbox)
            if not lives:
                second.rollback()

    def let_time_pass(self, _message: Message | None = None, _luck: int = 0) -> None:
        """Make everything due, and sweep."""
        moment = now()
        self.session.flush()
        self.session.execute(update(Dispatch).values(due_at=moment, publish_after=moment))
        long_ago = moment - CLAIM_GRACE
        self.session.execute(update(Delivery).values(next_attempt_at=moment, claimed_at=long_ago))
        self.session.expire_all()
        sweep.publish_again(self.session)
        settle_left_behind(self.session)
        self.session.flush()

    def refuse(self, _message: Message, luck: int) -> None:
        self.mailbox.answer(None, REPLIES[luck % 3])

    def hang_up(self, _message: Message, luck: int) -> None:
        self.mailbox.drop_after_data(kept=luck > 0)

    def switch(self, _message: Message | None = None, luck: int = 1) -> None:
        """The relay goes; more often it comes back."""
        if self.relay_is_down is (luck > 0):
            self.relay_is_down = not self.relay_is_down
            (self.mailbox.stop if self.relay_is_down else self.mailbox.start)()
