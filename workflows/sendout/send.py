"""Send a claimed batch: lock it, send its copies, record the results.

Its rows are locked meanwhile: the sweep takes rows that are SENDING but not locked for those of a
dead lane (workflows/sendout/left_behind.py).
"""

import logging
from bisect import bisect
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from operator import attrgetter
from time import monotonic
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Delivery, DeliveryState, Dispatch, DispatchState, Message
from notifications.channel import NotDelivered, Unavailable
from notifications.mime.copies import Copies
from notifications.mime.envelope import Envelope
from notifications.smtp.connection import Connection, send_in_turn
from notifications.smtp.replies import SessionEnded, fewer_wanted
from notifications.smtp.session import Outcomes
from workflows.sendout.claim import Batch, is_unchanged, load_message, stop_changed
from workflows.sendout.domains import domain_of
from workflows.sendout.hold import held_before_batch
from workflows.sendout.notebook import Notebook, NoteLost
from workflows.sendout.notes import Note
from workflows.sendout.recipients import Person, people_at
from workflows.sendout.record import Result, Untried, record_results, result, return_untried

log = logging.getLogger(__name__)

# After this time the rest of a batch is PENDING again: Celery ends the task after 45 s.
BATCH_SECONDS = 20

# How many letters of a lane a killed worker leaves in doubt.
IN_DOUBT = 2

# How many copies more the note in Redis covers if the exact one is in a file.
REDIS_AHEAD = 50

# Recipients of one letter, where all get the same; every server takes 100 (RFC 5321, 4.5.3.1.8).
MAX_RECIPIENTS = 50

# About the bytes of copies that are composed at once, where they differ.
COMPOSED_BYTES = 64 * 1024

DEFERRED = "the mail server wants fewer copies for this domain"

# At an address that no user has now, such as a list's own.
NO_USER = Person(None, "", is_gone=False)

GONE = "disabled, suspended or not on the list any more"


class Row(NamedTuple):
    """A delivery of the batch."""

    id: int
    address: str
    attempts: int
    variant_id: int | None = None  # of a split message; None for the message itself


@dataclass
class Progress:
    """What is known of a batch.  It outlives the transaction that records it, if that fails."""

    dispatch_id: int
    batch: Batch
    results: dict[int, Result] = field(default_factory=dict)
    others: dict[int, tuple[str, str]] = field(default_factory=dict)  # as in Note
    answered: int = 0  # the last delivery whose copy was answered; they are sent in order of ids
    reason: str = "not tried yet"  # why the deliveries without a result have none
    relay_failed: bool = False
    refusals: dict[str, str] = field(default_factory=dict)  # answers that want fewer, by domain
    closed: set[str] = field(default_factory=set)  # domains that get no more in this batch

    def note(self, *, offered: int = 0) -> Note:
        """Return the note that says this, and that no copy behind `offered` has left."""
        return Note(self.answered, max(offered, self.answered), self.others)

    def add(self, delivery_id: int, one: Result) -> None:
        """Take a result down."""
        self.results[delivery_id] = one
        if one.state is not DeliveryState.SENT:
            self.others[delivery_id] = (one.state.value, one.reason)

    def slow(self, domain: str, answer: str, *, ended: bool) -> None:
        """Take down that the mail server wants fewer copies for this domain.

        A domain that was limited already gets the few that were claimed for it, unless the answer
        has `ended` the session: two such sessions in a row mean that the relay is unavailable.
        """
        self.refusals.setdefault(domain, answer)
        if ended or domain not in self.batch.limited:
            self.closed.add(domain)

    def skip(self, row: Row, reason: str) -> None:
        """Leave a delivery to a later batch, which the note has to say, too."""
        self.others[row.id] = (DeliveryState.PENDING.value, reason)
        self.reason = reason

    def record(self, session: Session) -> None:
        """Record the results, and make PENDING again what has none; may be repeated."""
        claim = self.batch.claim
        untried = [each for each in self.batch if each not in self.results]
        record_results(session, claim, self.results)
        reason = Untried(untried, self.batch.claimed_at, self.reason)
        return_untried(session, self.dispatch_id, claim, reason)


def send_batch(
    session: Session,
    progress: Progress,
    connect: Callable[[int], Sequence[Connection]],
    notebook: Notebook,
    *,
    copies: Callable[[Message], Copies],
) -> None:
    """Send the batch, and record what became of it."""
    rows = lock_claimed(session, progress.batch)
    dispatch = session.get_one(Dispatch, progress.dispatch_id)
    load_message(session, dispatch)
    if dispatch.state is DispatchState.SENDING and not is_unchanged(dispatch):
        stop_changed(session, dispatch)
    if held_before_batch(session):
        progress.reason = "held"
    elif dispatch.state is not DispatchState.SENDING:
        progress.reason = "stopped"
    else:
        people = people_at(session, dispatch.message.mailing_list, [row.address for row in rows])
        needed = {row.variant_id for row in rows}
        variants = {number: copies(dispatch.message.version(number)) for number in needed}
        Round(progress, rows, variants, people=people, notebook=notebook).send(connect)
    progress.record(session)


def lock_claimed(session: Session, batch: Batch) -> Sequence[Row]:
    """Lock and return the deliveries of the batch that are still SENDING under its claim."""
    found = session.execute(
        select(Delivery.id, Delivery.address, Delivery.attempts, Delivery.variant_id)
        .where(Delivery.state == DeliveryState.SENDING, Delivery.claim == batch.claim)
        .order_by(Delivery.id)
        .with_for_update()
    )
    return [Row(*row) for row in found]


class Copy(NamedTuple):
    """A delivery with its copy."""

    row: Row
    letter: Envelope


def composed_at_once(copies: Copies) -> int:
    """Return how many copies are composed at once, where they differ.

    One by one, between the answers of the server, each takes twice as long.
    """
    return max(1, COMPOSED_BYTES // max(1, copies.size))


def together(copies: Sequence[Copy]) -> Envelope:
    """Return one letter to the recipients of copies that do not differ."""
    letter = copies[0].letter
    if len(copies) == 1:
        return letter
    return letter._replace(recipients=tuple(each.letter.recipients[0] for each in copies))


class Letter(NamedTuple):
    """What leaves at once: a copy, or one for several recipients where all get the same."""

    copies: Sequence[Copy]
    envelope: Envelope

    @property
    def last(self) -> int:
        """The id of its last delivery."""
        return self.copies[-1].row.id


class Round:
    """One pass through a batch, which notes its copies ahead."""

    def __init__(
        self,
        progress: Progress,
        rows: Sequence[Row],
        copies: Mapping[int | None, Copies],  # by variant
        *,
        people: Mapping[str, Person],  # by address
        notebook: Notebook,
    ) -> None:
        self._progress, self._copies, self._notebook = progress, copies, notebook
        self._rows, self._people = rows, people
        self._waiting: deque[Letter] = deque()  # without an answer
        self._covered = 0  # the last delivery whose copy may leave, by the latest note
        self._announced = 0  # the same by the note in Redis
        self._ahead = 0  # how many letters a note covers beside the one that leaves

    def send(self, connect: Callable[[int], Sequence[Connection]]) -> None:
        """Send until the batch ends, the relay fails or the progress cannot be noted."""
        progress = self._progress
        try:
            connections = connect(len(self._rows))
            self._ahead = IN_DOUBT - len(connections)
            for _, outcomes in send_in_turn(connections, self._envelopes(), self._permit):
                self._take(outcomes)
        except Unavailable as failure:
            self._warn("relay unavailable", failure)
            progress.reason, progress.relay_failed = str(failure), True
        except NoteLost as failure:
            self._warn("batch ended early", failure)

    def _warn(self, event: str, failure: Exception) -> None:
        log.warning(event, extra={"dispatch": self._progress.dispatch_id, "reason": str(failure)})

    def _envelopes(self) -> Iterator[Envelope]:
        """Yield each letter, for at most BATCH_SECONDS."""
        began = monotonic()
        for composed in self._composed():
            if monotonic() - began > BATCH_SECONDS:
                return
            if copies := self._still_open(composed):
                letter = Letter(copies, together(copies))
                self._waiting.append(letter)
                yield letter.envelope

    def _composed(self) -> Iterator[Sequence[Copy]]:
        """Yield the copies that leave as one letter, in the order of their ids."""
        for variant, rows in groupby(self._rows, key=attrgetter("variant_id")):
            copies = self._copies[variant]
            many = MAX_RECIPIENTS if copies.identical else composed_at_once(copies)
            while some := list(islice(rows, many)):
                composed = [Copy(row, letter) for row in some if (letter := self._copy(row))]
                yield from [composed] if copies.identical else zip(composed)

    def _still_open(self, copies: Sequence[Copy]) -> Sequence[Copy]:
        """Return the copies for domains that may get more in this batch; the others wait."""
        closed = self._progress.closed
        if not closed:
            return copies
        for row, _ in copies:
            if domain_of(row.address) in closed:
                self._progress.skip(row, DEFERRED)
        return [each for each in copies if domain_of(each.row.address) not in closed]

    def _copy(self, row: Row) -> Envelope | None:
        """Return the copy of a recipient who is still there and can have one."""
        person = self._people.get(row.address, NO_USER)
        if person.is_gone:
            self._progress.add(row.id, Result(DeliveryState.FAILED, GONE, GONE))
            return None
        try:
            return self._copies[row.variant_id].to(row.address, person.id, person.name)
        except NotDelivered as impossible:
            self._progress.add(row.id, result(impossible, row.attempts))
            return None

    def _permit(self, envelope: Envelope) -> None:
        """Let a letter leave once a note covers it."""
        position = 0 if self._waiting[0].envelope is envelope else 1
        assert self._waiting[position].envelope is envelope, "at most one other is on its way"
        if self._waiting[position].last <= self._covered:
            return
        last = min(position + self._ahead, len(self._waiting) - 1)
        self._covered = self._waiting[last].last
        note = self._progress.note(offered=self._covered)
        if not self._notebook.keep(note):
            self._announced = self._covered
        elif self._announced < self._covered:
            self._announced = self._further()
        else:
            return
        self._notebook.wait_for(self._notebook.write(note._replace(offered=self._announced)))

    def _further(self) -> int:
        """Return the delivery that is REDIS_AHEAD behind those that the file's note covers."""
        ids = self._progress.batch.ids
        return ids[min(bisect(ids, self._covered) + REDIS_AHEAD, len(ids)) - 1]

    def _take(self, outcomes: Outcomes) -> None:
        copies = self._waiting.popleft().copies
        for (row, _), outcome in zip(copies, outcomes, strict=True):
            if isinstance(outcome, Unavailable):
                self._progress.skip(row, str(outcome))
            else:
                if outcome:
                    self._slow(row, outcome, copies)
                self._progress.add(row.id, result(outcome, row.attempts))
            self._progress.answered = row.id

    def _slow(self, row: Row, outcome: NotDelivered, copies: Sequence[Copy]) -> None:
        """Slow the domain of the recipient down if the answer asks for that."""
        alone = len({domain_of(each.row.address) for each in copies}) == 1
        if answer := fewer_wanted(outcome, alone=alone):
            ended = isinstance(outcome, SessionEnded)
            self._progress.slow(domain_of(row.address), answer, ended=ended)
