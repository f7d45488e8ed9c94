"""`listgate message rewrite`, `reschedule`, `proof` and `discard`."""

from datetime import datetime
from typing import Annotated

import typer

from models import Message
from models.sendout import NONE
from portal.cli.message_text import contents, notices, report
from portal.cli.options import (
    As,
    MessageId,
    RateOption,
    SpanOption,
    WindowOption,
    Yes,
    acting,
    actor_as,
    instant,
    plain,
)
from settings import settings
from workflows.lists import lists
from workflows.messages import drafts, write


def rewrite(
    message_id: MessageId,
    file: Annotated[str, typer.Argument(metavar="FILE.eml", help="The new one; - for stdin.")],
    author: As,
    *,
    short_name: Annotated[
        str | None, typer.Option("--list", metavar="LIST", help="Another list to send to.")
    ] = None,
    personal_fields: Annotated[
        bool | None, typer.Option(help="Fill in {{ name }} and the like for each recipient.")
    ] = None,
) -> None:
    """Replace a draft by another file; options that are not given keep their value."""
    raw = contents(file)
    with acting() as (session, done):
        message = write.message_by_id(session, message_id)
        fields = message.personal_fields if personal_fields is None else personal_fields
        mailing_list = lists.list_named(session, short_name) if short_name else message.mailing_list
        drafts.rewrite(
            session,
            message,
            write.Draft(mailing_list, raw, personal_fields=fields),
            actor=actor_as(session, author),
            max_bytes=settings.message_max_bytes,
        )
        for notice in notices(message):
            done(notice)
        done(report(session, message))


def reschedule(
    message_id: MessageId,
    by: As,
    *,
    send_at: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="As in 2027-01-31T09:00+01:00; none: at once."),
    ] = None,
    rate: RateOption = None,
    window: WindowOption = None,
    evenly: SpanOption = None,
) -> None:
    """Change when a draft or a scheduled message is sent; what is not given keeps its value."""
    with acting() as (session, done):
        message = write.message_by_id(session, message_id)
        drafts.reschedule(
            session,
            message,
            actor=actor_as(session, by),
            send_at=time_of(message, send_at),
            rules=message.sendout_rules.changed(rate=rate, window=window, span=evenly),
        )
        done(report(session, message))


def time_of(message: Message, send_at: str | None) -> datetime | None:
    """Return the time to send the message at: the one that was typed, or its own."""
    if send_at is None:
        return message.send_at
    return None if send_at == NONE else instant(send_at)


def proof(message_id: MessageId, author: As) -> None:
    """Mail a message to its author alone, as recipients would get it now."""
    with acting() as (session, done):
        message = write.message_by_id(session, message_id)
        drafts.send_proof(session, message, actor=actor_as(session, author))
        done(f"A proof of message {message.id} will be mailed to {message.author.name}.")


def discard(message_id: MessageId, author: As, yes: Yes = False) -> None:
    """Delete the content of a draft; cannot be undone."""
    with acting() as (session, done):
        message = write.message_by_id(session, message_id)
        if not yes:
            typer.confirm(f"Delete draft {message.id}, {plain(message.subject)!r}?", abort=True)
        drafts.discard(session, message, actor=actor_as(session, author))
        done(f"The draft {message.id} has been deleted.")
