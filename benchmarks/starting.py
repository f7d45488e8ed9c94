"""Run short commands, compared with a process that only imports SQLAlchemy, Celery and Typer.

Measured is the CPU time of the whole process: a mail server starts one for each mail.  Seconds are
not portable, so the goals are ratios: where these imports take 0.4 s, `receive-mail` starts within
0.5 s.
"""

import os
import resource
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from benchmarks.measuring import in_turn
from benchmarks.results import Measured, report
from benchmarks.seeding import seed_list
from sandbox.stack import BIN, ROOT
from settings import TRY_AGAIN, settings

ROUNDS: Final = 9

LISTGATE: Final = str(BIN / "listgate")
BARE: Final = (sys.executable, "-c", "import celery.app.base, sqlalchemy.orm, typer")
# Nothing listens there, so a command ends with its first query.
NO_DATABASE: Final = {"DATABASE_URL": "postgresql://127.0.0.1:1/none"}
BOUNCE: Final = b"From: MAILER-DAEMON@example.org\r\n\r\nUnknown recipient.\r\n"


def main() -> None:
    """Run the benchmark and report the results."""
    seed_list("news", every=1)
    address = settings.envelope_sender
    compare("listgate --help", (LISTGATE, "--help"), goal=0.6)
    compare("listgate list show", (LISTGATE, "list", "show", "news"), goal=1.5)
    pipe = (LISTGATE, "receive-mail", address, "")
    compare("listgate receive-mail", pipe, goal=1.25, environment=NO_DATABASE)
    compare("listgate receive-mail", pipe, goal=1.5)


def compare(
    what: str, command: Sequence[str], *, goal: float, environment: Mapping[str, str] = {}
) -> None:
    """Measure one command and report it; with an environment of its own, its start alone."""
    ours, bare = in_turn(partial(cpu, command, environment), partial(cpu, BARE, {}), ROUNDS)
    part = "CPU of the start of" if environment else "CPU of"
    report(Measured(f"{part} `{what}`", ours, bare, "s", goal))


def cpu(command: Sequence[str], environment: Mapping[str, str], _round: int) -> float:
    """Run a command to its end; return its seconds of CPU."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        command,
        input=BOUNCE,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL if environment else None,
        check=False,
    )
    assert done.returncode == (TRY_AGAIN if environment else 0)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
