"""`listgate lmtp`."""

import asyncio
from contextlib import suppress

import typer

from portal.inbound import lmtp
from settings import settings
from workflows import logs

app = typer.Typer()


@app.command("lmtp")
def serve_lmtp() -> None:
    """Accept mail by LMTP at LMTP_ADDRESS, until stopped."""
    logs.configure(settings.log_level, settings.log_format)  # a server logs more than a command
    with suppress(KeyboardInterrupt):
        asyncio.run(lmtp.serve(settings.lmtp_address))
