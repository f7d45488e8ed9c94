"""What commands print about a message, and how they read its file."""

import sys
from collections.abc import Iterator
from pathlib import Path

import typer
from sqlalchemy.orm import Session

from models import Message, MessageState
from notifications.mime.from_field import FromNotice, from_notice
from notifications.mime.personal import is_signed_by_author
from portal.cli.options import counted
from settings import settings
from workflows.queries.message_status import status_text
from workflows.sendout.domains import Domains

# Windows open in the organisation's time zone.
ZONE = settings.zone_info

FROM_NOTICES = {
    FromNotice.FROM_LIST: "Recipients see the list's address as the sender; replies go to the "
    "author.",
    FromNotice.FOREIGN: "The From address is not of the list's domain: many mail providers may "
    "reject the message (DMARC).",
}


def notices(message: Message) -> Iterator[str]:
    """Yield what its author should know before the message is handed in."""
    if notice := from_notice(message):
        yield FROM_NOTICES[notice]
    if message.personal_fields and is_signed_by_author(message.raw):
        yield "Copies are sent without the DKIM signature: personal fields make it invalid."


def slowed_domains(message: Message) -> Iterator[str]:
    """Yield a sentence about each domain that gets fewer copies now; none unless it is sending."""
    if message.state is not MessageState.SENDING:
        return
    slowed = Domains(settings.sendout_domain_rates).slowed()
    for domain, (copies, answer) in slowed.items():
        yield (
            f"{domain} gets at most {counted(copies, 'copy', 'copies')} a minute, because the mail "
            f"server answered {answer}."
        )


def report(session: Session, message: Message) -> str:
    """Return the state of the message as a sentence."""
    return f"Message {message.id} {status_text(session, message, ZONE).rstrip('.')}."


def contents(file: str) -> bytes:
    """Return the content of the file; raises BadParameter if it cannot be read."""
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as failure:
        raise typer.BadParameter(f"{file}: {failure.strerror}") from None
