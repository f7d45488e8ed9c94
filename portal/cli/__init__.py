"""The command line: `listgate`.

The module of a command is imported when the command runs: `--help` needs none of them, and the
pipe of a mail server only what it uses.
"""

import gc
import sys
from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group


class Entry(NamedTuple):
    """A command of `listgate`: its module in this package, and its line in `listgate --help`."""

    module: str
    help: str
    hidden: bool = False


COMMANDS = {
    "migrate": Entry(
        "operations",
        "Bring the database to this version's schema; does nothing if it is already there.",
    ),
    "doctor": Entry(
        "operations",
        "Check everything that Listgate needs, and say how to fix what is wrong.",
    ),
    "user": Entry(
        "users",
        "Users: add, invite, list, show, grant, revoke, contact, address, away, back, disable, "
        "enable, codes-off, remove.",
    ),
    "people": Entry("people", "A register of people: sync."),
    "role": Entry("roles", "Roles as sets of rights: list, define, rename, delete."),
    "list": Entry(
        "mailing_lists", "Mailing lists: create, set, show, all, warnings, archive, unarchive."
    ),
    "list-set": Entry(
        "list_sets", "Sets of lists, to grant roles on: create, add, remove, show, delete."
    ),
    "approvers": Entry(
        "approvers",
        "Approver lists: list, show, create, set, add, remove, assign, unassign, delete.",
    ),
    "sync": Entry("sync", "The list server: now, status, history, diff, confirm."),
    "subscribe": Entry("subscriptions", "Subscribe people to a list."),
    "unsubscribe": Entry("subscriptions", "Unsubscribe people from a list."),
    "subscription-requests": Entry(
        "subscription_requests", "Requests to join lists: list, accept, decline."
    ),
    "suspensions": Entry(
        "suspensions", "Show the members to whom mail came back, or how many each list has."
    ),
    "resume": Entry(
        "suspensions", "Resume suspended subscriptions; bounces from before count no more."
    ),
    "import_mailling_list": Entry(
        "imports", "Subscribe every address in FILE to the list, creating it if needed.", True
    ),
    "import-mailing-list": Entry(
        "imports", "Subscribe every address in FILE to the list, creating it if needed."
    ),
    "export": Entry("exports", "Write the addresses of a list, one per line, sorted as in a push."),
    "outbox": Entry("messages", "Show messages and their states, newest first."),
    "recall": Entry("messages", "Recall a scheduled message, or stop one that is being sent."),
    "timeline": Entry("messages", "Show everything that happened to a message, oldest first."),
    "message": Entry(
        "messages",
        "Messages: submit, hand-in, rewrite, reschedule, split, proof, copy, discard, show.",
    ),
    "sendout": Entry("sendout", "Sendouts: hold, resume, end, winner, uncertain, failed."),
    "trail": Entry("trail", "Search the audit trail, newest first."),
    "requests": Entry(
        "moderation", "Show the requests that wait for a person's answer, oldest first."
    ),
    "decide": Entry("moderation", "Answer a request; the first answer decides."),
    "withdraw": Entry("moderation", "Withdraw an open request; the message becomes a draft again."),
    "service": Entry(
        "services", "Services that act here: add, set, list, key, revoke, disable, enable."
    ),
    "webhook": Entry(
        "webhooks",
        "Events for services: add, list, test, disable, enable, rotate, remove, failed, replay.",
    ),
    "lmtp": Entry("lmtp", "Accept mail by LMTP at LMTP_ADDRESS, until stopped."),
    "receive-mail": Entry(
        "receive_mail",
        "Accept one mail from stdin, as a mail server's pipe; exits with 75 to be tried again.",
    ),
    "mail": Entry("mail", "Mail that could not be processed."),
    "letters": Entry("letters", "Letters, including your own templates."),
}


class Commands(TyperGroup):
    """The commands of the table; the one that is run is imported."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = {
            name: TyperCommand(name, help=entry.help, hidden=entry.hidden)
            for name, entry in COMMANDS.items()
        }

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Return the command's name, the imported command, and its arguments."""
        name, command, rest = super().resolve_command(ctx, args)
        if name:
            command = imported(name)
        if ctx.obj:
            ctx.obj()
        return name, command, rest


def imported(name: str) -> Any:
    """Import the module of a command, and return the command."""
    return get_group(import_module(f"portal.cli.{COMMANDS[name].module}").app).commands[name]


app = typer.Typer(
    name="listgate", cls=Commands, no_args_is_help=True, pretty_exceptions_enable=False
)


@app.callback()
def listgate() -> None:
    """Mail your lists without accidents."""


def main() -> None:
    """Run one command; a refusal prints one sentence to stderr and exits with 1."""
    gc.disable()  # nothing that an import makes is garbage, and looking for it doubles its time
    try:
        app(obj=start)
    except Exception as failure:
        reason = import_module("portal.cli.failures").reason(failure)
        if reason is None:
            raise
        typer.secho(reason, fg=typer.colors.RED, err=True)
        sys.exit(1)


def start() -> None:
    """Log to stderr, and collect garbage again, but not what the imports have made."""
    settings = import_module("settings").settings
    import_module("workflows.logs").configure_short_command(settings.log_format)
    gc.freeze()
    gc.enable()
