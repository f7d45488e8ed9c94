"""The LMTP server (RFC 2033) that accepts mail for our reply addresses."""

import asyncio
import logging

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy.exc import SQLAlchemyError

from portal.inbound.intake import is_our_address, receive

log = logging.getLogger(__name__)

# aiosmtpd logs addresses and commands at INFO, and invalid commands at WARNING.
logging.getLogger("mail.log").setLevel(logging.ERROR)

# Larger than any message; the MTA has its own limit.
SIZE_LIMIT = 60_000_000  # bytes


class Handover:
    """The handler that aiosmtpd calls for each recipient and each mail."""

    async def handle_RCPT(  # noqa: N802 (aiosmtpd finds it by this name)
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        """Refuse unknown recipients at once, so that the sender gets a bounce."""
        if envelope.rcpt_tos:
            # LMTP requires a reply per recipient after DATA; a mail is for one approver anyway.
            return "452 4.5.3 One recipient at a time"
        try:
            known = await asyncio.to_thread(is_our_address, address)
        except SQLAlchemyError:
            return "451 4.3.0 The database is unavailable"
        if not known:
            return "550 5.1.1 Unknown address"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 (aiosmtpd finds it by this name)
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Reply 250 only once the mail is committed: the mail server may then delete it."""
        assert isinstance(envelope.content, bytes)
        try:
            sender = (envelope.mail_from or "").strip("<>")
            (recipient,) = envelope.rcpt_tos
            await asyncio.to_thread(receive, envelope.content, sender=sender, recipient=recipient)
        except SQLAlchemyError as failure:
            log.warning("mail deferred", extra={"reason": type(failure).__name__})
            return "451 4.3.0 The database is unavailable"
        return "250 2.0.0 Accepted"

    async def handle_exception(self, _error: Exception) -> str:
        """Ask the mail server to try again: aiosmtpd, which has logged the error, would bounce."""
        return "451 4.3.0 Internal error"


class Listener(LMTP):
    """Accepts lines of any length; with the default limit such mails would bounce."""

    line_length_limit = SIZE_LIMIT


async def serve(address: str) -> None:
    """Listen at `host:port`, or at the path of a socket, until cancelled."""
    loop = asyncio.get_running_loop()

    def protocol() -> LMTP:
        return Listener(Handover(), data_size_limit=SIZE_LIMIT, enable_SMTPUTF8=True, loop=loop)

    if "/" in address:
        server = await loop.create_unix_server(protocol, path=address)
    else:
        host, _, port = address.rpartition(":")
        server = await loop.create_server(protocol, host=host, port=int(port))
    log.info("lmtp listens", extra={"address": address})
    async with server:
        await server.serve_forever()
