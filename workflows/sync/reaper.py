"""Run a command and then kill everything it has started: `python reaper.py COMMAND...`.

A program of its own: it outlives a worker that is killed, and knows no process but the command's.
It ends as the command ended, and with 125 if the command cannot be started.  It starts for each
push, so it imports neither `subprocess` nor `pathlib`, which take longer than the rest.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from types import FrameType

# Of <linux/prctl.h>: orphans below this process become its children, even those in a session of
# their own (`setsid`), which a signal to the process group does not reach.
PR_SET_CHILD_SUBREAPER = 36

# Python ignores these; the command gets them as any other program does.
IGNORED = (signal.SIGPIPE, signal.SIGXFSZ)

# The exit status of `timeout`, if it fails itself.
NOT_STARTED = 125


def main() -> None:
    """Run the command of the arguments; SIGTERM ends it and everything below."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    signal.signal(signal.SIGTERM, stop)
    try:
        command = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, setsigdef=IGNORED)
    except OSError as error:
        sys.stderr.write(f"{error.filename}: {error.strerror}\n")
        sys.exit(NOT_STARTED)
    try:
        status = os.waitstatus_to_exitcode(os.waitpid(command, 0)[1])
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        kill_descendants()
    if status < 0:
        end_by(-status)
    sys.exit(status)


def stop(number: int, _frame: FrameType | None) -> None:
    """Kill everything, and end by this signal."""
    kill_descendants()
    end_by(number)


def kill_descendants() -> None:
    """Kill the children until there are none: what they leave behind becomes our child."""
    with suppress(ChildProcessError):
        # Most commands leave nothing behind: then there is no need to look at every process.
        os.waitpid(-1, os.WNOHANG)
        while True:
            for child in children():
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
            os.waitpid(-1, 0)


def children() -> Iterator[int]:
    """Yield the ids of our child processes (proc(5): the fields after the name in brackets)."""
    for pid in filter(str.isdecimal, os.listdir("/proc")):  # noqa: PTH208
        with suppress(OSError), open(f"/proc/{pid}/stat", errors="replace") as stat:  # noqa: PTH123
            if int(stat.read().rpartition(")")[2].split()[1]) == os.getpid():
                yield int(pid)


def end_by(number: int) -> None:
    """End this process by a signal, as the command was ended."""
    with suppress(OSError, ValueError):  # SIGKILL has no handler
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


if __name__ == "__main__":
    main()
