"""Where a mail server hands over what comes for our reply addresses (LMTP, RFC 2033)."""

import asyncio
import logging

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy.exc import SQLAlchemyError

from portal.inbound.intake import expected, receive

log = structlog.get_logger()

# aiosmtpd tells every address and every command at INFO, and at WARNING what was no command.
logging.getLogger("mail.log").setLevel(logging.ERROR)

# Above the largest mail that the issue of a list may have; an MTA has limits of its own.
SIZE_LIMIT = 60_000_000  # bytes


class Handover:
    """What aiosmtpd asks about each recipient and each mail."""

    async def handle_RCPT(  # noqa: N802 (aiosmtpd finds it by this name)
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        """Refuse at once what is for nobody here, so that its sender learns it."""
        if envelope.rcpt_tos:
            # LMTP wants an answer per recipient after DATA; a mail is for one approver anyway.
            return "452 4.5.3 One recipient at a time"
        try:
            known = await asyncio.to_thread(expected, address)
        except SQLAlchemyError:
            return "451 4.3.0 The database is away"
        if not known:
            return "550 5.1.1 Nobody here has this address"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Go on"

    async def handle_DATA(  # noqa: N802 (aiosmtpd finds it by this name)
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Say yes only when the mail is committed; the mail server may forget it then."""
        assert isinstance(envelope.content, bytes)
        try:
            sender = (envelope.mail_from or "").strip("<>")
            (recipient,) = envelope.rcpt_tos
            await asyncio.to_thread(receive, envelope.content, sender=sender, recipient=recipient)
        except SQLAlchemyError as failure:
            log.warning("mail put off", reason=type(failure).__name__)
            return "451 4.3.0 The database is away"
        return "250 2.0.0 Kept"

    async def handle_exception(self, _error: Exception) -> str:
        """Have the mail tried again: aiosmtpd, which has logged this, would have it bounce."""
        return "451 4.3.0 Something went wrong here"


class Listener(LMTP):
    """Takes lines of any length, as some mails have them; without this they would bounce."""

    line_length_limit = SIZE_LIMIT


async def serve(address: str) -> None:
    """Listen at `host:port`, or at a socket's path, until cancelled."""
    loop = asyncio.get_running_loop()

    def made() -> LMTP:
        return Listener(Handover(), data_size_limit=SIZE_LIMIT, enable_SMTPUTF8=True, loop=loop)

    if "/" in address:
        server = await loop.create_unix_server(made, path=address)
    else:
        host, _, port = address.rpartition(":")
        server = await loop.create_server(made, host=host, port=int(port))
    log.info("lmtp listens", address=address)
    async with server:
        await server.serve_forever()
