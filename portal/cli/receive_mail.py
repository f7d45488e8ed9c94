"""`listgate receive-mail`: pass a mail from a mail server's pipe to `listgate lmtp`.

A mail server starts it once per mail, so it needs neither the database nor what accepts the mail.
"""

import os
import re
import smtplib
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand
from typer.exceptions import TyperException

from settings import TRY_AGAIN, settings

app = typer.Typer()

# Exit codes of sysexits.h: "no such user" bounces the mail, TRY_AGAIN keeps it queued.
NO_USER = 67

# What Postfix's pipe passes for the empty sender unless null_sender is empty.
NULL_SENDER = "mailer-daemon"

# Seconds for each answer; mail servers give a pipe many minutes.
TIMEOUT = 60.0


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
    try:
        known = pass_on(sys.stdin.buffer.read(), envelope_sender(sender), text(recipient))
    except OSError as failure:  # smtplib's errors, too
        said = getattr(failure, "smtp_error", b"").decode(errors="replace")
        reason = said or "`listgate lmtp` is unavailable"
        typer.echo(f"{reason}; keep the mail and try again.", err=True)
        raise typer.Exit(TRY_AGAIN) from None
    if not known:
        typer.echo("Unknown address.", err=True)
        raise typer.Exit(NO_USER)


def pass_on(raw: bytes, sender: str, recipient: str) -> bool:
    """Deliver the mail at LMTP_ADDRESS; return False if the recipient is unknown.

    Raises OSError if the mail was not accepted for another reason.
    """
    host, port = host_and_port(settings.lmtp_address)
    # A pipe ends lines as Unix does, LMTP as RFC 5321 (2.3.8) says.
    lines = re.sub(rb"\r?\n", b"\r\n", raw)
    with smtplib.LMTP(host, port, local_hostname="localhost", timeout=TIMEOUT) as server:
        try:
            server.sendmail(sender, [recipient], lines, mail_options=["SMTPUTF8"])
        except smtplib.SMTPRecipientsRefused as refused:
            code, answer = refused.recipients[recipient]
            if code >= 500:
                return False
            raise smtplib.SMTPResponseException(code, answer) from None
    return True


def host_and_port(address: str) -> tuple[str, int]:
    """Return where `listgate lmtp` listens, as smtplib takes it; a path has no port."""
    host, _, port = address.rpartition(":")
    if "/" in address:
        return str(Path(address).absolute()), 0
    return host.strip("[]"), int(port)


def envelope_sender(sender: str) -> str:
    """Return the bare address; a bounce has none."""
    bare = text(sender).strip("<>")
    return "" if bare.lower() == NULL_SENDER else bare


def text(argument: str) -> str:
    """Return an argument as text, whatever its charset is."""
    return os.fsencode(argument).decode("utf-8", "replace")
