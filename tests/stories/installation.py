"""An installation with few processes, one worker for every queue: all are forked."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from sandbox.commands import programs
from sandbox.mailbox import Mailbox
from sandbox.phone import PhoneNetwork
from sandbox.servers import servers
from sandbox.stack import BIN, Stack, list_server, port, settings
from tests.fork_server import ForkedProgram, ForkServer
from tests.nodes import CeleryProcess, Worker

APP = "--app=workflows.celery"


@dataclass(frozen=True)
class Installation:
    """The stack with its pages and LMTP; the programs of Celery by name; the URL of Flower."""

    stack: Stack
    fork_server: ForkServer
    celery: Mapping[str, CeleryProcess]
    flower: str

    def logs(self) -> dict[str, str]:
        """Return what each program has logged."""
        started = {program.name: program.log.read_text() for program in self.stack.programs}
        return started | {name: program.log for name, program in self.celery.items()}

    def listgate(self, *commands: tuple[str, ...]) -> None:
        """Run several commands at the same time."""
        with (self.stack.folder / "listgate.log").open("ab") as log:
            running = [
                self.fork_server.fork([str(BIN / "listgate"), *command], log=log.fileno())
                for command in commands
            ]
        for process in running:
            process.wait()

    def command_lines(self) -> set[str]:
        """Return the command line of every process; a fork has that of its parent."""
        pids = [program.process.pid for program in self.stack.programs]
        pids += [program.pid for program in self.celery.values() if program.pid]
        found = set()
        for process in map(psutil.Process, pids):
            for each in [process, *process.children(recursive=True)]:
                with suppress(psutil.NoSuchProcess):
                    found.add(" ".join(each.cmdline()))
        return found


@contextmanager
def running(folder: Path, **more: str) -> Iterator[Installation]:
    """Run it on the servers that DATABASE_URL and REDIS_URL name, with these settings as well."""
    with ExitStack() as resources:
        mailbox = resources.enter_context(Mailbox())
        phone = resources.enter_context(PhoneNetwork())
        web, flower = port(), port()
        phone.connect(f"http://127.0.0.1:{web}/webhooks/twilio/sms")
        given = settings(resources.enter_context(servers()), mailbox, phone, web=web)
        stack = Stack({**given, **list_server(folder), **more}, mailbox, phone, folder)
        stack.list_server.mkdir()
        fork_server = resources.enter_context(ForkServer(stack.environment))
        for name in ("web", "lmtp"):
            command, ready = programs(web)[name]
            forked = ForkedProgram(fork_server, command, folder / f"{name}.log", ready=ready)
            stack.programs.append(resources.enter_context(forked))
        celery = programs_of_celery(resources, fork_server, flower)
        for program in stack.programs:
            program.wait_until_ready()
        yield Installation(stack, fork_server, celery, f"http://127.0.0.1:{flower}")


def programs_of_celery(
    resources: ExitStack, fork_server: ForkServer, flower: int
) -> dict[str, CeleryProcess]:
    """Start a worker, beat and Flower."""
    pages = ("flower", "--read-only", "--address=127.0.0.1", f"--port={flower}")
    celery = {
        "worker": Worker(fork_server, children=2),
        "beat": CeleryProcess(fork_server, APP, "beat", ready="beat: Starting"),
        "flower": CeleryProcess(fork_server, APP, *pages, ready="Visit me at"),
    }
    for program in celery.values():
        resources.enter_context(program)
    return celery
