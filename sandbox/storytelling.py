"""How the demo tells its story: what is promised is ticked off, or ends it."""

import shlex
import time
from collections.abc import Callable
from typing import Final

from sandbox.stack import Stack

PATIENCE: Final = 60.0  # seconds for anything to happen; one is usual


def show(here: Stack, *command: str) -> str:
    """Run a command in view of the reader."""
    say(f"$ listgate {shlex.join(command)}")
    said = here.listgate(*command)
    say("\n".join(f"  {line}" for line in said.splitlines()))
    return said


def wait(for_it: Callable[[], object], what: str) -> None:
    """Wait until it is so, or end the story."""
    deadline = time.monotonic() + PATIENCE
    while not for_it():
        if time.monotonic() > deadline:
            raise SystemExit(f"Waited {PATIENCE:.0f} s in vain: {what}")
        time.sleep(0.1)
    promise(what, kept=True)


def promise(what: str, kept: bool) -> None:
    """Tick off what was promised, or end the story."""
    if not kept:
        raise SystemExit(f"Not true: {what}")
    say(f"  ✓ {what}")


def chapter(title: str) -> None:
    """A heading in the story."""
    say(f"\n── {title} " + "─" * max(0, 76 - len(title)))


def say(text: str) -> None:
    """Print at once, also into a pipe."""
    print(text, flush=True)
