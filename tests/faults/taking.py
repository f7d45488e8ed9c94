"""The command of a list server that takes its time, and notes what it sees.

`taking.py FOLDER LIST` stops half-way for as long as FOLDER/wait exists, and when it has written
the list for as long as FOLDER/linger exists.  FOLDER may be a link: a command that outlives its
test keeps the folder that it began with.  No imports of ours: it is the operator's program.
"""

import fcntl
import os
import sys
import time
from pathlib import Path


def take(folder: Path, short_name: str) -> None:
    """Write what comes on standard input into FOLDER/LIST, as one change of the file."""
    with (folder / "lock").open("w") as lock:
        try:
            # The system lets go of it when the last process of this command is gone, however.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            note(folder, "beside", "another command")
        note(folder, "reads", os.getpid())
        content = sys.stdin.buffer.readline()
        rest_while(folder / "wait")
        content += sys.stdin.buffer.read()
        note(folder, "saw", content.count(b"\n"))
        part = folder / f"{short_name}.part"
        part.write_bytes(content)
        part.replace(folder / short_name)
        rest_while(folder / "linger")
        note(folder, "ends", os.getpid())


def note(folder: Path, what: str, which: object) -> None:
    """Add a line to the log."""
    with (folder / "log").open("a") as log:
        log.write(f"{what} {which}\n")


def rest_while(sign: Path) -> None:
    """Do nothing until the file is gone."""
    while sign.exists():
        time.sleep(0.05)


if __name__ == "__main__":
    take(Path(sys.argv[1]).resolve(), sys.argv[2])
