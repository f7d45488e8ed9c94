"""Letters that wait to be sent on one connection: the next one, and a look at the one after it."""

from collections import deque
from collections.abc import Iterator

from notifications.mime.envelope import Envelope


class Letters:
    """A queue that takes a letter from its source only when it is looked at."""

    def __init__(self, source: Iterator[Envelope]) -> None:
        self._source = source
        self._waiting: deque[Envelope] = deque()

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
            letter = next(self._source, None)
            if letter is None:
                return None
            self._waiting.append(letter)
        return self._waiting[position]
