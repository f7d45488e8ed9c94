"""Record all commands that Valkey receives."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import redis

END = "end of the recording"


@contextmanager
def record_commands(url: str) -> Iterator[list[str]]:
    """Yield the list of commands that Valkey receives from any client in the block."""
    commands: list[str] = []

    def listen() -> None:
        for event in listener.listen():
            commands.append(str(event["command"]))
            if END in commands[-1]:
                return

    client = redis.Redis.from_url(url)
    with client, client.monitor() as listener:  # type: ignore[no-untyped-call]
        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield commands
        finally:
            client.echo(END)
            thread.join()
