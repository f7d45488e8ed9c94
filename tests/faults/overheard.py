"""All that passes through the broker."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import redis

LAST_WORD = "that was all"


@contextmanager
def overheard(url: str) -> Iterator[list[str]]:
    """Every command that anybody gives to Valkey meanwhile."""
    commands: list[str] = []

    def listen() -> None:
        for heard in listener.listen():
            commands.append(str(heard["command"]))
            if LAST_WORD in commands[-1]:
                return

    client = redis.Redis.from_url(url)
    with client, client.monitor() as listener:  # type: ignore[no-untyped-call]
        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield commands
        finally:
            client.echo(LAST_WORD)
            thread.join()
