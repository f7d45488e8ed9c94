"""Letters that wait to be sent on one connection: the next one, and a look at the one after it."""

from collections import deque
from collections.abc import Iterator
from itertools import cycle

from notifications.mime.envelope import Envelope


class Deal:
    """Deals the letters of a source to so many queues, in turn, as one of them needs more."""

    def __init__(self, source: Iterator[Envelope], number: int) -> None:
        self._source = source
        self.queues = [Letters(self) for _ in range(number)]
        self._turns = cycle(self.queues)

    def one(self) -> bool:
        """Give the next queue a letter; return whether there was one."""
        letter = next(self._source, None)
        if letter is not None:
            next(self._turns).add(letter)
        return letter is not None


class Letters:
    """A queue that asks for letters only when they are looked at."""

    def __init__(self, deal: Deal) -> None:
        self._deal = deal
        self._waiting: deque[Envelope] = deque()

    def add(self, letter: Envelope) -> None:
        self._waiting.append(letter)

    @property
    def next(self) -> Envelope | None:
        return self._look(0)

    @property
    def second(self) -> Envelope | None:
        return self._look(1)

    def advance(self) -> None:
        """Remove the next letter, whose fate is known."""
        self._waiting.popleft()

    def _look(self, position: int) -> Envelope | None:
        while len(self._waiting) <= position:
            if not self._deal.one():
                return None
        return self._waiting[position]
