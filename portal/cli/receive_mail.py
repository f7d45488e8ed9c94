"""`listgate receive-mail`: a mail server starts it once per mail, so it imports little."""

import sys
from typing import Annotated, Any

import typer
from sqlalchemy.exc import SQLAlchemyError
from typer.core import TyperCommand
from typer.exceptions import TyperException

from portal.inbound.intake import is_our_address, receive
from settings import TRY_AGAIN

app = typer.Typer()

# Exit codes of sysexits.h: "no such user" bounces the mail, TRY_AGAIN keeps it queued.
NO_USER = 67

# What Postfix's pipe passes for the empty sender unless null_sender is empty.
NULL_SENDER = "mailer-daemon"


class MailPipe(TyperCommand):
    """A command that a mail server runs: a usage error must not bounce the mail."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except TyperException as wrong:
            wrong.exit_code = TRY_AGAIN
            raise


# An address may begin with a hyphen.
@app.command("receive-mail", cls=MailPipe, context_settings={"ignore_unknown_options": True})
def receive_mail(
    recipient: Annotated[str, typer.Argument(help="The envelope's recipient.")],
    sender: Annotated[str, typer.Argument(help="The envelope's sender; empty for bounces.")],
) -> None:
    """Accept one mail from stdin, as a mail server's pipe; exits with 75 to be tried again."""
    sender = sender.strip("<>")
    try:
        if known := is_our_address(recipient):
            envelope_sender = "" if sender.lower() == NULL_SENDER else sender
            receive(sys.stdin.buffer.read(), sender=envelope_sender, recipient=recipient)
    except SQLAlchemyError:
        typer.echo("The database is unavailable; keep the mail and try again.", err=True)
        raise typer.Exit(TRY_AGAIN) from None
    except Exception as failure:  # with any other exit code the mail would bounce
        typer.echo(f"{type(failure).__name__}; keep the mail and try again.", err=True)
        raise typer.Exit(TRY_AGAIN) from None
    if not known:
        typer.echo("Unknown address.", err=True)
        raise typer.Exit(NO_USER)
