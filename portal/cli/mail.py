"""`listgate mail`."""

import sys
from typing import Annotated

import typer

from portal.cli.options import acting, local, row_number, show
from workflows.inbound import stored_mail
from workflows.transaction import transaction

app = typer.Typer()
mail = typer.Typer(help="Mail that could not be processed.", no_args_is_help=True)
app.add_typer(mail, name="mail")

MailId = Annotated[int, typer.Argument(parser=row_number, metavar="MAIL", help="A mail's number.")]


@mail.command("stuck")
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
                for one in stored_mail.stuck_mail(session)
            ],
            empty="No mail is stuck.",
        )


@mail.command("retry")
def retry(mail_id: MailId) -> None:
    """Process a stuck mail again."""
    with acting() as (session, done):
        stored_mail.retry(stored_mail.mail_by_id(session, mail_id))
        done(f"Mail {mail_id} will be tried again.")


@mail.command("show")
def show_mail(mail_id: MailId) -> None:
    """Write a mail to stdout, byte for byte."""
    with transaction() as session:
        sys.stdout.buffer.write(stored_mail.mail_by_id(session, mail_id).raw)
