"""An installation with few processes: one worker for every queue, forked like beat and Flower."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from sandbox.commands import programs
from sandbox.mailbox import Mailbox
from sandbox.phone import PhoneNetwork
from sandbox.servers import servers
from sandbox.stack import Stack, list_server, port, settings
from tests.fork_server import ForkServer
from tests.nodes import CeleryProcess, Worker

APP = "--app=workflows.celery"


@dataclass(frozen=True)
class Installation:
    """The stack with its pages and LMTP; the programs of Celery by name; the URL of Flower."""

    stack: Stack
    celery: Mapping[str, CeleryProcess]
    flower: str

    def logs(self) -> dict[str, str]:
        """Return what each program has logged."""
        started = {program.name: program.log.read_text() for program in self.stack.programs}
        return started | {name: program.log for name, program in self.celery.items()}

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
        for name in ("web", "lmtp"):
            command, ready = programs(web)[name]
            program = stack.program(name, *command, ready=ready)
            stack.programs.append(resources.enter_context(program))
        celery = forked(resources, stack.environment, flower)
        for program in stack.programs:
            program.wait_until_ready()
        yield Installation(stack, celery, f"http://127.0.0.1:{flower}")


def forked(
    resources: ExitStack, environment: dict[str, str], flower: int
) -> dict[str, CeleryProcess]:
    """Fork the programs of Celery from one process: importing is most of what a start costs."""
    fork_server = resources.enter_context(ForkServer(environment))
    pages = ("flower", "--read-only", "--address=127.0.0.1", f"--port={flower}")
    celery = {
        "worker": Worker(fork_server, children=2),
        "beat": CeleryProcess(fork_server, APP, "beat", ready="beat: Starting"),
        "flower": CeleryProcess(fork_server, APP, *pages, ready="Visit me at"),
    }
    for program in celery.values():
        resources.enter_context(program)
    return celery
