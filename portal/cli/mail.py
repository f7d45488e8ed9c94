"""`listgate lmtp`, `listgate receive-mail` and `listgate mail`."""

import asyncio
import sys
from contextlib import suppress
from typing import Annotated, Any

import typer
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from typer.core import TyperCommand
from typer.exceptions import TyperException

from models import InboundMail, InboundMailState
from portal.cli.options import acting, local, show
from portal.inbound import lmtp
from portal.inbound.intake import expected, receive
from settings import TRY_AGAIN, settings
from workflows import logs
from workflows.inbound import mail
from workflows.transaction import transaction

app = typer.Typer()
stuck_mail = typer.Typer(help="Mail that could not be handled.", no_args_is_help=True)
app.add_typer(stuck_mail, name="mail")

# sysexits.h, which mail servers go by: "no such user" bounces, TRY_AGAIN keeps the mail.
NO_USER = 67

# What Postfix's pipe says for "nobody" unless its null_sender is empty.
NOBODY = "mailer-daemon"

MailId = Annotated[int, typer.Argument(metavar="MAIL", help="A mail's number.")]


@app.command("lmtp")
def serve_lmtp() -> None:
    """Take in mail from a mail server, at LMTP_ADDRESS, until stopped."""
    logs.configure(settings.log_level, settings.log_format)  # a server tells more than a command
    with suppress(KeyboardInterrupt):
        asyncio.run(lmtp.serve(settings.lmtp_address))


class MailPipe(TyperCommand):
    """A command that a mail server runs: one that is typed wrongly must not lose a mail either."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except TyperException as wrong:
            wrong.exit_code = TRY_AGAIN
            raise


# An address may begin with a hyphen, and is no option then.
@app.command("receive-mail", cls=MailPipe, context_settings={"ignore_unknown_options": True})
def receive_mail(
    recipient: Annotated[str, typer.Argument(help="For which address it came.")],
    sender: Annotated[str, typer.Argument(help="The envelope's sender; empty for bounces.")],
) -> None:
    """Take in one mail from stdin, as a mail server's pipe; exit 75 has the server keep it."""
    sender = sender.strip("<>")
    try:
        if known := expected(recipient):
            envelope_sender = "" if sender.lower() == NOBODY else sender
            receive(sys.stdin.buffer.read(), sender=envelope_sender, recipient=recipient)
    except SQLAlchemyError:
        typer.echo("The database is away; keep the mail and try again.", err=True)
        raise typer.Exit(TRY_AGAIN) from None
    except Exception as failure:  # any other exit code has the mail server send the mail back
        typer.echo(f"{type(failure).__name__}; keep the mail and try again.", err=True)
        raise typer.Exit(TRY_AGAIN) from None
    if not known:
        typer.echo("Nobody here has this address.", err=True)
        raise typer.Exit(NO_USER)


@stuck_mail.command("stuck")
def stuck() -> None:
    """Show what could not be handled, with its reason."""
    with transaction() as session:
        show(
            "mail",
            "received",
            "from",
            "reason",
            rows=[
                (str(one.id), local(one.received_at), one.envelope_sender, one.outcome or "")
                for one in session.scalars(
                    select(InboundMail)
                    .where(InboundMail.state == InboundMailState.STUCK)
                    .order_by(InboundMail.id)
                )
            ],
            empty="No mail is stuck.",
        )


@stuck_mail.command("retry")
def retry(mail_id: MailId) -> None:
    """Try again what was stuck."""
    with acting() as (session, done):
        mail.retry(mail.mail_by_id(session, mail_id))
        done(f"Mail {mail_id} will be tried again.")


@stuck_mail.command("show")
def show_mail(mail_id: MailId) -> None:
    """Write the mail, byte for byte, to stdout."""
    with transaction() as session:
        sys.stdout.buffer.write(mail.mail_by_id(session, mail_id).raw)
