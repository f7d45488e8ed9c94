"""Run short commands, compared with a process that only imports SQLAlchemy, Celery and Typer.

Measured is the CPU time of the whole process: a mail server starts one for each mail.  Seconds are
not portable, so the goals are ratios: where these imports take 0.5 s, `receive-mail` takes 0.3 s.
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
# Nothing listens there, so the mail is not passed on: that is the LMTP server's work.
NO_SERVER: Final = {"LMTP_ADDRESS": "127.0.0.1:1"}
BOUNCE: Final = b"From: MAILER-DAEMON@example.org\r\n\r\nUnknown recipient.\r\n"


def main() -> None:
    """Run the benchmark and report the results."""
    seed_list("news", every=1)
    compare("listgate --help", (LISTGATE, "--help"), goal=0.6)
    compare("listgate list show", (LISTGATE, "list", "show", "news"), goal=1.5)
    pipe = (LISTGATE, "receive-mail", settings.envelope_sender, "")
    compare("listgate receive-mail", pipe, goal=0.6, environment=NO_SERVER)


def compare(
    what: str, command: Sequence[str], *, goal: float, environment: Mapping[str, str] = {}
) -> None:
    """Measure one command and report it; with NO_SERVER it ends with TRY_AGAIN."""
    ours, bare = in_turn(partial(cpu, command, environment), partial(cpu, BARE, {}), ROUNDS)
    report(Measured(f"CPU of `{what}`", ours, bare, "s", goal))


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
