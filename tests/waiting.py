"""Wait for what other processes and threads do."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

Found = TypeVar("Found")

# Seconds until a test fails; a busy machine needs less.
PATIENCE: Final = 60


def wait_for(
    what: str,
    look: Callable[[], Found],
    *,
    enough: Callable[[Found], object] = bool,
    within: float = PATIENCE,
) -> Found:
    """Call `look` until its result is `enough`, and return the result."""
    deadline = time.monotonic() + within
    while not enough(found := look()):
        assert time.monotonic() < deadline, f"waited {within:g} s for {what}, found {found!r}"
        time.sleep(0.05)
    return found
