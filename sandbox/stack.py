"""The demo installation: servers, a mailbox, a worker and a beat, until the block ends."""

import os
import random
import secrets
import shlex
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.commands import BIN, ROOT, celery, programs
from sandbox.mailbox import Mailbox
from sandbox.phone import PhoneNetwork
from sandbox.programs import Program
from sandbox.server import ServerError
from sandbox.servers import Servers, servers, sigterm_exits
from sandbox.valkey import PORTS

__all__ = ["BIN", "ROOT", "Stack", "celery", "port", "running_stack"]


@dataclass(frozen=True)
class Stack:
    """A running installation, and `listgate` commands in its environment."""

    environment: dict[str, str]
    mailbox: Mailbox
    phone: PhoneNetwork
    folder: Path
    programs: list[Program] = field(default_factory=list)

    @property
    def list_server(self) -> Path:
        """The folder in which the fake list server has a file per list."""
        return self.folder / "lists"

    @property
    def lmtp(self) -> str:
        """The address at which Listgate accepts replies by LMTP."""
        return self.environment["LMTP_ADDRESS"]

    def listgate(self, *arguments: str) -> str:
        """Run one command and return its output; raise ServerError if it failed."""
        done = subprocess.run(
            [str(BIN / "listgate"), *arguments],
            env=self.environment,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ServerError(f"`listgate {shlex.join(arguments)}` failed:\n{done.stdout}")
        return done.stdout.strip()

    def listgate_at_once(self, *commands: tuple[str, ...]) -> list[str]:
        """Run several commands at the same time and return their outputs, errors included."""
        running = [
            subprocess.Popen(
                [str(BIN / "listgate"), *command],
                env=self.environment,
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            for command in commands
        ]
        return [process.communicate()[0].strip() for process in running]

    def program(self, name: str, *command: str, ready: str) -> Program:
        """A program of the stack, not started; `ready` is what it logs once it is ready."""
        return Program(command, self.environment, self.folder / f"{name}.log", ready=ready)


@contextmanager
def running_stack(folder: Path) -> Iterator[Stack]:
    """Run a migrated installation; its logs and mails are in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as resources:
        resources.enter_context(sigterm_exits())
        running = resources.enter_context(servers())
        mailbox = resources.enter_context(Mailbox(keep_in=folder))
        phone = resources.enter_context(PhoneNetwork())
        web = port()
        phone.connect(f"http://127.0.0.1:{web}/webhooks/twilio/sms")
        own = settings(running, mailbox, phone, web=web)
        own["SENDOUT_NOTES_DIR"] = resources.enter_context(tempfile.TemporaryDirectory())
        one = Stack({**os.environ, **own, **list_server(folder)}, mailbox, phone, folder)
        one.list_server.mkdir(exist_ok=True)
        one.listgate("migrate")
        for name, (command, ready) in programs(web).items():
            started = resources.enter_context(one.program(name, *command, ready=ready))
            one.programs.append(started)
        for each in one.programs:
            each.wait_until_ready()
        yield one


def settings(
    running: Servers, mailbox: Mailbox, phone: PhoneNetwork, *, web: int
) -> dict[str, str]:
    """Return the settings of every program of the stack."""
    return {
        "DATABASE_URL": running.database_url,
        "REDIS_URL": running.redis_url,
        "SMTP_URL": mailbox.url,
        "MAIL_FROM": "Listgate <listgate@lists.example.org>",
        "REPLY_ADDRESS": "moderation@lists.example.org",
        "SUSPEND_AFTER_BOUNCES": "1",  # three bounces would take three days
        "UNSUBSCRIBE_ADDRESS": "unsubscribe@lists.example.org",
        "SECRET_KEY": secrets.token_urlsafe(32),
        "PUBLIC_URL": f"http://127.0.0.1:{web}",
        "LMTP_ADDRESS": f"127.0.0.1:{port()}",
        "TWILIO_ACCOUNT_SID": phone.account.sid,
        "TWILIO_AUTH_TOKEN": phone.account.token,
        "TWILIO_SENDER": phone.account.number,
        "TWILIO_URL": phone.url,
        "SERVICES_OPEN": "true",
        "WEBHOOK_ALLOW_PRIVATE": "true",
        "LOG_FORMAT": "console",
        "LISTGATE_ENV_FILE": "",  # ignore a developer's .env
    }


def list_server(folder: Path) -> dict[str, str]:
    """Return the settings of pushes, with a shorter debounce than usual."""
    return {
        "MAILLIST_SYNC_COMMAND": f"tee {shlex.quote(str(folder.resolve()))}/lists/{{short_name}}",
        "SYNC_QUIET": "4s",
        # Each request of the demo is answered by its own letter.
        "REQUEST_LETTERS_PER_HOUR": "0",
    }


def port() -> int:
    """Return a port that was free a moment ago and is not used for outgoing connections."""
    for number in random.sample(PORTS, 50):
        with suppress(OSError), socket.create_server(("127.0.0.1", number)):
            return number
    raise ServerError("None of fifty ports of this machine is free.")
