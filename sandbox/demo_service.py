"""The demo's part about another service: it submits a message, and hears that it was approved.

Its programs are the examples of clients/python: they have an address, a key and the secret of a
webhook, and nothing else of Listgate.
"""

import os
import re
import shlex
import subprocess
import sys
from typing import Final

from sandbox.narration import check, run, say, wait_for
from sandbox.programs import Program
from sandbox.stack import ROOT, Stack, port

CLIENT: Final = "clients/python"
SCOPES: Final = ("read", "people", "lists", "subscriptions", "messages")


def call_from_outside(stack: Stack) -> None:
    """Let a members' register bring people, a list and a message, and hear of the answer."""
    environment = add_service(stack)
    with hook(stack, environment) as hears:
        asked = example(environment, "bring_and_ask.py")
        (request,) = re.findall(r"'request_id': (\d+)", asked)
        run(stack, "decide", request, "approve", "--as", "grace@example.org")
        wait_for(
            lambda: "message.decided" in hears.log.read_text(), "the register gets a webhook of it"
        )
    heard = example(environment, "hear_by_stream.py")
    check("the register's stream has the decision too", "message.decided" in heard)
    wait_for(lambda: stack.mailbox.to("edsger@club.example"), "the members have the message")
    example(environment, "read_status.py")


def add_service(stack: Stack) -> dict[str, str]:
    """Add the service, its webhook and its stream; return what its programs know."""
    number = port()
    scopes = [option for scope in SCOPES for option in ("--scope", scope)]
    token = run(stack, "service", "add", "register", *scopes)
    events = ("--event", "message.asked", "--event", "message.decided")
    hook_of_it = f"http://127.0.0.1:{number}/"
    secret = run(stack, "webhook", "add", "register", hook_of_it, *events)
    run(stack, "webhook", "add", "register", "--stream", *events)
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT / CLIENT),
        "LISTGATE_URL": stack.environment["PUBLIC_URL"],
        "LISTGATE_BROKER": stack.environment["REDIS_URL"],
        "LISTGATE_SERVICE": "register",
        "LISTGATE_TOKEN": token.splitlines()[-1],
        "WEBHOOK_PORT": str(number),
        "WEBHOOK_SECRET": secret.splitlines()[-1],
    }


def hook(stack: Stack, environment: dict[str, str]) -> Program:
    """The program that receives the service's webhooks."""
    say(f"\nIt runs {CLIENT}/examples/hear_by_webhook.py.")
    command = (sys.executable, f"{CLIENT}/examples/hear_by_webhook.py")
    return Program(command, environment, stack.folder / "hook.log", ready="")


def example(environment: dict[str, str], name: str) -> str:
    """Run an example of the client, print it with its output, and return the output."""
    command = ("python", f"{CLIENT}/examples/{name}")
    say(f"$ {shlex.join(command)}")
    done = subprocess.run(
        [sys.executable, *command[1:]],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    say("\n".join(f"  {line}" for line in done.stdout.splitlines()))
    check("it succeeded", done.returncode == 0)
    return done.stdout
