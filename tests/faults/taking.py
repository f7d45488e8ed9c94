"""The command of a list server, which tests can block, and which logs what it does.

`taking.py FOLDER LIST` waits before it has read the list while FOLDER/wait exists, and after it has
written the list while FOLDER/linger exists.  FOLDER may be a link: a command that outlives its test
keeps the folder that it began with.  It imports nothing of Listgate: it is the operator's program.
"""

import fcntl
import os
import sys
import time
from pathlib import Path


def take(folder: Path, short_name: str) -> None:
    """Replace FOLDER/LIST by standard input, atomically."""
    with (folder / "lock").open("w") as lock:
        try:
            # The system releases it when the last process of this command ends, in whatever way.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log(folder, "concurrent", "command")
        log(folder, "reads", os.getpid())
        content = sys.stdin.buffer.readline()
        wait_while(folder / "wait")
        content += sys.stdin.buffer.read()
        log(folder, "saw", content.count(b"\n"))
        part = folder / f"{short_name}.part"
        part.write_bytes(content)
        part.replace(folder / short_name)
        wait_while(folder / "linger")
        log(folder, "ends", os.getpid())


def log(folder: Path, event: str, detail: object) -> None:
    """Add a line to the log."""
    with (folder / "log").open("a") as file:
        file.write(f"{event} {detail}\n")


def wait_while(file: Path) -> None:
    """Sleep until the file has been removed."""
    while file.exists():
        time.sleep(0.05)


if __name__ == "__main__":
    take(Path(sys.argv[1]).resolve(), sys.argv[2])
