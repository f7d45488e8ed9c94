"""Faults that a test injects into the fake phone network."""

import threading
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Failure:
    """An error answer."""

    status: int
    code: int


@dataclass
class Faults:
    """The faults that are still to come; threads share it, hence the lock."""

    delay: float = 0.0  # seconds before each request is handled
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
        """Return the seconds to wait before hanging up; None: do not hang up."""
        with self._lock:
            return self._lost.pop(0) if self._lost else None

    def forget(self) -> None:
        with self._lock:
            self.delay = 0.0
            self._failures.clear()
            self._lost.clear()
