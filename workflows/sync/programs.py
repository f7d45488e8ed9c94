"""Are the programs here that a push runs?  The doctor asks, and each worker at its start."""

import shlex
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from subprocess import DEVNULL, SubprocessError, run

# Asking a program for its version takes no time.
PATIENCE = 5  # seconds


@dataclass(frozen=True)
class Missing:
    """What a push would not find, and how to mend that."""

    says: str
    mend: str


def missing(commands: Mapping[str, str], environment: Mapping[str, str]) -> Iterator[Missing]:
    """What is missing for these commands, by the name of their setting, in their environment."""
    path = environment.get("PATH")
    if commands and not ends_groups(shutil.which("timeout", path=path)):
        yield Missing(
            "there is no `timeout` of GNU coreutils, which ends a command in time",
            "install coreutils; that of busybox would leave alone what a command has started",
        )
    for setting, command in commands.items():
        program = shlex.split(command)[0]
        if shutil.which(program, path=path) is None:
            yield Missing(
                f"{setting} runs {program}, which is not there or may not be executed",
                f"install it where PATH leads ({path}), or correct {setting}",
            )


def ends_groups(timeout: str | None) -> bool:
    """Whether this `timeout` is the one that ends whole process groups."""
    if timeout is None:
        return False
    try:
        said = run(
            [timeout, "--version"],
            capture_output=True,
            stdin=DEVNULL,
            timeout=PATIENCE,
            text=True,
            check=False,
        )
    except (OSError, SubprocessError):
        return False
    return "GNU coreutils" in said.stdout
