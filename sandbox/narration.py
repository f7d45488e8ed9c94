"""The output of the demo: headings, commands with their output, and checks."""

import shlex
import time
from collections.abc import Callable
from typing import Final

from sandbox.stack import Stack

TIMEOUT: Final = 60.0  # seconds for one condition; most take one


def run(stack: Stack, *command: str) -> str:
    """Run a `listgate` command, print it with its output, and return the output."""
    say(f"$ listgate {shlex.join(command)}")
    output = stack.listgate(*command)
    say("\n".join(f"  {line}" for line in output.splitlines()))
    return output


def wait_for(condition: Callable[[], object], what: str) -> None:
    """Wait until `condition` is true and print `what`, or end the demo."""
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"Timed out after {TIMEOUT:.0f} s: {what}")
        time.sleep(0.1)
    check(what, passed=True)


def check(what: str, passed: bool) -> None:
    """Print `what` with a tick, or end the demo."""
    if not passed:
        raise SystemExit(f"Check failed: {what}")
    say(f"  ✓ {what}")


def heading(title: str) -> None:
    """Print a heading."""
    say(f"\n── {title} " + "─" * max(0, 76 - len(title)))


def say(text: str) -> None:
    """Print without delay, into a pipe too."""
    print(text, flush=True)
