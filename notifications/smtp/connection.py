"""Connections to the mail server, which outlive a session; letters take several in turn."""

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from itertools import islice

from notifications.channel import Unavailable
from notifications.mime.envelope import Envelope
from notifications.smtp.letters import Deal, Letters
from notifications.smtp.replies import SessionEnded
from notifications.smtp.session import Answered, Permit, Session

# A server that hangs costs a timeout.  After two in a row the rest of a batch is not tried.
MAX_FAILED_SESSIONS = 2


def _permit_all(_letter: Envelope) -> None:
    """Let every letter leave."""


class Connection:
    """Sends any number of letters; opens a new session when the server has ended the last one.

    Created by `Relay.connect`.
    """

    def __init__(self, open_session: Callable[[], Session]) -> None:
        self._open_session = open_session
        self._session: Session | None = open_session()
        self._failed_sessions = 0  # in a row, without an answer about any letter

    def send(self, content: bytes, *, sender: str, recipient: str) -> None:
        """Return when the server has taken the letter.

        Raise NotDelivered if it has not, or if that is uncertain, and its subclass Unavailable if
        the failure is not about this letter.  Raise ValueError for an address with a line break.
        `sender` is where bounces go, "" for nowhere.
        """
        letter = Envelope.around(content, sender=sender, recipient=recipient)
        ((_, (outcome,)),) = send_in_turn([self], iter([letter]))
        if outcome:
            raise outcome

    def steps(self, letters: Letters, permit: Permit) -> Generator[Answered | None]:
        """Yield None when a letter has been sent or refused, and then what became of it."""
        while letters.next:
            session = self._usable_session()
            # Kept only if it ends in a known state.  After a timeout, or an exception from
            # elsewhere such as Celery's time limit, the server could read the next letter as a
            # part of this one.
            self._session = None
            try:
                yield from session.send_all(letters, permit)
            except SessionEnded as ended:
                # Servers end a session that was idle for long or has reached its number of letters,
                # often without a word.  No content was sent, so a new session is tried.
                if not session.has_answered:
                    yield None
                    yield letters.next, [ended] * len(letters.next.recipients)
                    letters.advance()
            finally:
                self._keep_or_close(session)

    def close(self) -> None:
        if self._session is not None:
            self._session.quit()
            self._session = None

    def _keep_or_close(self, session: Session) -> None:
        if session.in_sync:
            self._session = session
        else:
            session.close()
            self._failed_sessions = 0 if session.has_answered else self._failed_sessions + 1

    def _usable_session(self) -> Session:
        if self._session is not None:
            return self._session
        if self._failed_sessions >= MAX_FAILED_SESSIONS:
            raise Unavailable("The mail server is unavailable; this letter was not tried.")
        try:
            return self._open_session()
        except Unavailable:
            self._failed_sessions = MAX_FAILED_SESSIONS
            raise


def send_in_turn(
    connections: Sequence[Connection], source: Iterator[Envelope], permit: Permit = _permit_all
) -> Iterator[Answered]:
    """Yield each letter, in the order of the source, with what became of it for each recipient.

    The connections get the letters in turn, and one is at work while the others wait for answers:
    at most one letter for each of them is without an answer.  Each connection takes a letter
    from the source when the one before it is about to be sent.

    `permit` is called before the content of a letter leaves.  What it raises is passed on when the
    letters that have left are answered; no further one leaves.  The same holds for Unavailable.
    """
    queues = Deal(source, len(connections)).queues
    all_steps = [
        connection.steps(letters, permit)
        for connection, letters in zip(connections, queues, strict=True)
    ]
    starting = deque(all_steps)
    at_work: deque[Iterator[Answered | None]] = deque()  # a letter of theirs waits for its answer
    try:
        while starting or at_work:
            steps = (starting or at_work).popleft()
            for step in steps:
                if step is None:
                    at_work.append(steps)
                    break
                yield step
    except Exception:
        for steps in at_work:
            yield from islice(filter(None, steps), 1)
        raise
    finally:
        for each in all_steps:
            each.close()
