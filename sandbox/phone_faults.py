"""How the pretend phone network misbehaves, exactly as it is told to."""

import threading
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Failure:
    """What is answered instead of what was asked for."""

    status: int
    code: int


@dataclass
class Faults:
    """The orders that are still to be carried out; shared by threads, hence the lock."""

    delay: float = 0.0  # seconds before each request is looked at
    _failures: list[Failure] = field(default_factory=list)
    _lost: list[float] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fail(self, times: int, failure: Failure) -> None:
        with self._lock:
            self._failures.extend([failure] * times)

    def lose(self, times: int, after: float) -> None:
        with self._lock:
            self._lost.extend([after] * times)

    def next_failure(self) -> Failure | None:
        with self._lock:
            return self._failures.pop(0) if self._failures else None

    def next_lost(self) -> float | None:
        """The seconds of silence before hanging up; None if nothing is to be lost."""
        with self._lock:
            return self._lost.pop(0) if self._lost else None

    def forget(self) -> None:
        with self._lock:
            self.delay = 0.0
            self._failures.clear()
            self._lost.clear()
