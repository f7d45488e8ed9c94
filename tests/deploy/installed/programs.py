"""Start each installed program once, by the command line that an operator's machine runs."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sandbox.programs import Program
from sandbox.stack import port

# What each program logs once it is ready.
READY = {
    "beat": "beat: Starting",
    "flower": "Visit me at",
    "lmtp": "lmtp listens",
    "sendout": "ready.",
    "events": "ready.",
    "web": "Booting worker",
    "worker": "ready.",
}


@contextmanager
def running_programs(
    commands: Mapping[str, Sequence[str]], environment: Mapping[str, str], folder: Path
) -> Iterator[None]:
    """Start the programs together, wait until each is ready, and stop them after the block.

    Raises ServerError with the end of its log if one does not start.
    """
    assert commands.keys() == READY.keys()
    environment = {**environment, "PYTHONUNBUFFERED": "1"}
    with ExitStack() as stack:
        running = [
            stack.enter_context(
                Program(
                    at_a_free_port(command),
                    environment,
                    folder / f"{name}.log",
                    ready=READY[name],
                    folder=folder,
                )
            )
            for name, command in commands.items()
        ]
        for each in running:
            each.wait_until_ready()
        yield


def at_a_free_port(command: Sequence[str]) -> list[str]:
    """Return the command with a free port; the documented one may be in use on this machine."""
    ports = {"gunicorn": f"--bind=127.0.0.1:{port()}", "flower": f"--port={port()}"}
    words = [word for word in command if not word.startswith("--bind=")]
    for each, option in ports.items():
        places = [place for place, word in enumerate(words) if Path(word).name == each]
        for place in places:
            words.insert(place + 1, option)
    return words
