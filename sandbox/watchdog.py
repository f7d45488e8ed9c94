"""Ends the programs that a process has started when the process itself ends, even by SIGKILL."""

import subprocess
from contextlib import suppress
from pathlib import Path
from typing import ClassVar


class Watchdog:
    """Ends a process group and removes a folder when this process ends, in whatever way.

    It is a shell, which takes a megabyte where Python takes ten.  It reads a pipe whose other end
    only this process holds, so that its input ends with this process.  A session of its own and
    ignored signals protect it from Ctrl-C.
    """

    SCRIPT: ClassVar = """
        trap "" HUP INT TERM
        while read -r line && [ "$line" != now ]; do group=$line; done
        tries=100
        again() { tries=$((tries - 1)); [ $tries -gt 0 ] && sleep 0.1; }
        if [ -n "$group" ]; then
            kill -s INT -- "-$group"
            while kill -s 0 -- "-$group" && again; do :; done
            kill -s KILL -- "-$group"
        fi
        until rm -rf -- "$1" || ! again; do :; done
    """

    def __init__(self, folder: Path) -> None:
        self._shell = subprocess.Popen(
            ["/bin/sh", "-c", self.SCRIPT, "listgate-watchdog", str(folder)],
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            bufsize=0,
        )

    def watch(self, group: int | None) -> None:
        """Set the process group to end; None: none."""
        self._send(str(group or ""))

    def close(self) -> None:
        """Make it end the group and remove the folder now, and wait for that."""
        # Sent explicitly, because a forked process may hold this end of the pipe too.
        self._send("now")
        self._shell.communicate()

    def _send(self, line: str) -> None:
        assert self._shell.stdin
        with suppress(BrokenPipeError):  # The watchdog has already exited.
            self._shell.stdin.write(f"{line}\n".encode())
