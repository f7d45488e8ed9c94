"""Commands as operators write them, run for real, on a PATH with pretend programs first."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryFile

import psutil

from models.clock import now
from workflows.sync.command import Outcome, argv_for, run

THREE = ["ada@example.org", "barbara@example.org", "grace@example.org"]

# What a pretend program begins with: it notes its arguments, one file per call.
NOTES = """#!/bin/sh
for argument in "$@"; do printf '%s\\0' "$argument"; done >"{folder}/argv.$$"
"""


@dataclass
class Machine:
    """A folder of programs that come first on PATH, and what they noted."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("bin", "lists"):
            (self.folder / name).mkdir(exist_ok=True)
        self.environment = {"PATH": f"{self.folder}/bin:{os.environ['PATH']}"} | self.environment

    @property
    def lists(self) -> Path:
        """Return the folder in which pretend programs store lists."""
        return self.folder / "lists"

    def program(self, name: str, script: str, *, mode: int = 0o755) -> Path:
        """Install a shell script that notes its arguments, then runs `script`."""
        path = self.folder / "bin" / name
        path.write_text(NOTES.format(folder=self.folder) + script)
        path.chmod(mode)
        return path

    def calls(self) -> list[list[str]]:
        """Return the arguments of every call of a pretend program, in no order."""
        notes = [path.read_text().split("\0")[:-1] for path in self.folder.glob("argv.*")]
        return sorted(notes)

    def push(
        self,
        command: str,
        addresses: Iterable[str] = THREE,
        *,
        short_name: str = "announce",
        email: str = "announce@lists.example.org",
        limit: float = 20,
    ) -> Outcome:
        """Run the command for a list, as a worker does."""
        with TemporaryFile(buffering=0) as file:
            file.write("".join(f"{address}\n" for address in addresses).encode())
            return run(
                argv_for(command, short_name=short_name, email=email),
                file,
                limit=timedelta(seconds=limit),
                not_after=now() + timedelta(seconds=10),
                environment=self.environment,
            )


def pretend_tee(machine: Machine) -> None:
    """A `tee` that writes to the machine's folder instead of /etc/lists."""
    machine.program("tee", f'exec cat >"{machine.lists}/${{1##*/}}"\n')


def pretend_ssh(machine: Machine) -> None:
    """An `ssh` that hands what it is to run on the far side to a real shell, as sshd does."""
    machine.program(
        "ssh",
        """
while [ "${1#-}" != "$1" ]; do [ "$1" = -n ] && exec </dev/null; shift; done
shift
exec /bin/sh -c "$*"
""",
    )


# Both stand in the agreement, and have to work as they stand there.
TEE = "tee /etc/lists/{short_name}"


SSH = "ssh coin@mail.example.com 'tee /etc/lists/{short_name}'"


def sleeping(seconds: str) -> list[psutil.Process]:
    """The processes that sleep so long: each test has a number of its own."""
    return [
        process
        for process in psutil.process_iter(["cmdline", "status"])
        if process.info["cmdline"] == ["sleep", seconds]
        and process.info["status"] != psutil.STATUS_ZOMBIE
    ]
