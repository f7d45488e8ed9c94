"""Run short commands, compared with a process that only imports SQLAlchemy, Celery and Typer.

Measured is the CPU time of the whole process: a mail server starts one for each mail.
"""

import resource
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from typing import Final

from benchmarks.measuring import in_turn
from benchmarks.results import Measured, report
from benchmarks.seeding import seed_list
from sandbox.stack import BIN, ROOT
from settings import settings

ROUNDS: Final = 9

LISTGATE: Final = str(BIN / "listgate")
BARE: Final = (sys.executable, "-c", "import celery.app.base, sqlalchemy.orm, typer")
BOUNCE: Final = b"From: MAILER-DAEMON@example.org\r\n\r\nUnknown recipient.\r\n"


def main() -> None:
    """Run the benchmark and report the results."""
    seed_list("news", every=1)
    address = settings.envelope_sender
    compare("listgate --help", (LISTGATE, "--help"), goal=0.6)
    compare("listgate list show", (LISTGATE, "list", "show", "news"), goal=1.5)
    compare("listgate receive-mail", (LISTGATE, "receive-mail", address, ""), BOUNCE, goal=1.2)


def compare(what: str, command: Sequence[str], stdin: bytes = b"", *, goal: float) -> None:
    """Measure one command and report it."""
    ours, bare = in_turn(partial(cpu, command, stdin), partial(cpu, BARE, b""), ROUNDS)
    report(Measured(f"CPU of `{what}`", ours, bare, "s", goal))


def cpu(command: Sequence[str], stdin: bytes, _round: int) -> float:
    """Run a command to its end; return its seconds of CPU."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, input=stdin, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
