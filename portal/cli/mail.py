"""`listgate lmtp`, `listgate receive-mail` and `listgate mail`."""

import asyncio
import sys
from contextlib import suppress
from typing import Annotated, Any

import typer
from sqlalchemy.exc import SQLAlchemyError
from typer.core import TyperCommand
from typer.exceptions import TyperException

from portal.cli.options import acting, local, show
from portal.inbound import lmtp
from portal.inbound.intake import is_our_address, receive
from settings import TRY_AGAIN, settings
from workflows import logs
from workflows.inbound import mail
from workflows.transaction import transaction

app = typer.Typer()
stuck_mail = typer.Typer(help="Mail that could not be processed.", no_args_is_help=True)
app.add_typer(stuck_mail, name="mail")

# Exit codes of sysexits.h: "no such user" bounces the mail, TRY_AGAIN keeps it queued.
NO_USER = 67

# What Postfix's pipe passes for the empty sender unless null_sender is empty.
NULL_SENDER = "mailer-daemon"

MailId = Annotated[int, typer.Argument(metavar="MAIL", help="A mail's number.")]


@app.command("lmtp")
def serve_lmtp() -> None:
    """Accept mail by LMTP at LMTP_ADDRESS, until stopped."""
    logs.configure(settings.log_level, settings.log_format)  # a server logs more than a command
    with suppress(KeyboardInterrupt):
        asyncio.run(lmtp.serve(settings.lmtp_address))


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


@stuck_mail.command("stuck")
def stuck() -> None:
    """Show the mail that could not be processed, and why."""
    with transaction() as session:
        show(
            "mail",
            "received",
            "from",
            "reason",
            rows=[
                (str(one.id), local(one.received_at), one.envelope_sender, one.outcome or "")
                for one in mail.stuck_mail(session)
            ],
            empty="No mail is stuck.",
        )


@stuck_mail.command("retry")
def retry(mail_id: MailId) -> None:
    """Process a stuck mail again."""
    with acting() as (session, done):
        mail.retry(mail.mail_by_id(session, mail_id))
        done(f"Mail {mail_id} will be tried again.")


@stuck_mail.command("show")
def show_mail(mail_id: MailId) -> None:
    """Write a mail to stdout, byte for byte."""
    with transaction() as session:
        sys.stdout.buffer.write(mail.mail_by_id(session, mail_id).raw)
