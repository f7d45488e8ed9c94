"""Makes sure that what a process started ends with it, however it ends."""

import subprocess
from contextlib import suppress
from pathlib import Path
from typing import ClassVar


class Watchdog:
    """Ends a process group and removes a folder once we are gone, even if we had no time to do so.

    It is a shell, which costs a megabyte where Python costs ten.  It reads a pipe of which we alone
    hold the other end, so that whatever ends us, SIGKILL included, is the end of its input.  A
    session of its own and deaf ears keep Ctrl-C from it.
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
        """Remember this process group instead of the last one; None if there is nothing to end."""
        self._say(str(group or ""))

    def close(self) -> None:
        """Let it do its work now, and wait until it has."""
        # Said in so many words, because a process that we forked may hold our end of the pipe too.
        self._say("now")
        self._shell.communicate()

    def _say(self, line: str) -> None:
        assert self._shell.stdin
        with suppress(BrokenPipeError):  # Somebody shot the dog; its master goes on all the same.
            self._shell.stdin.write(f"{line}\n".encode())
