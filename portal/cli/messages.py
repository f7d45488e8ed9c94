"""`listgate message`, `listgate outbox`, `listgate recall` and `listgate timeline`."""

import sys
from datetime import datetime
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from models import Actor, Language, Message, MessageState, SendoutRules, ShareUnit
from models.ids import MAX_ID
from notifications.mime.list_mail import CopySettings, example_copy
from notifications.wording.split_words import split_lines
from portal.cli.drafts import discard, proof, reschedule, rewrite
from portal.cli.message_text import ZONE, contents, notices, report, slowed_domains
from portal.cli.options import (
    As,
    By,
    MessageId,
    RateOption,
    SpanOption,
    WindowOption,
    acting,
    actor_as,
    counted,
    instant,
    local,
    row_number,
    say,
    show,
)
from portal.wording.audit_sentences import sentence
from settings import settings
from workflows.lists import lists
from workflows.messages import drafts, write
from workflows.messages.split import Split, split, unsplit
from workflows.moderation.approver_keys import view
from workflows.queries.message_status import status_text, timeline
from workflows.queries.outbox_page import newest_messages
from workflows.queries.same_mail import earlier_message
from workflows.sendout import schedule
from workflows.sendout.recipients import count
from workflows.transaction import transaction

app = typer.Typer()
message_commands = typer.Typer(
    help="Messages: submit, hand-in, rewrite, reschedule, split, proof, copy, discard, show.",
    no_args_is_help=True,
)
app.add_typer(message_commands, name="message")
message_commands.command("rewrite")(rewrite)
message_commands.command("reschedule")(reschedule)
message_commands.command("proof")(proof)
message_commands.command("discard")(discard)


@message_commands.command("submit")
def submit(
    file: Annotated[str, typer.Argument(metavar="FILE.eml", help="The message; - for stdin.")],
    short_name: Annotated[str, typer.Option("--list", metavar="LIST", help="The list to send to.")],
    author: As,
    send_at: Annotated[
        datetime | None,
        typer.Option(parser=instant, metavar="TIME", help="As in 2027-01-31T09:00+01:00."),
    ] = None,
    rate: RateOption = None,
    window: WindowOption = None,
    evenly: SpanOption = None,
    draft: Annotated[bool, typer.Option("--draft", help="Only save it; hand it in later.")] = False,
    personal_fields: Annotated[
        bool,
        typer.Option(
            "--personal-fields",
            help="Fill in {{ name }}, {{ list }} and {{ unsubscribe_url }} for each recipient.",
        ),
    ] = False,
) -> None:
    """Hand in a message: with Right 601 it is sent, otherwise approvers are asked."""
    raw = contents(file)
    with acting() as (session, done):
        actor = actor_as(session, author)
        message = write.write(
            session,
            write.Draft(
                lists.list_named(session, short_name), raw, personal_fields=personal_fields
            ),
            actor=actor,
            max_bytes=settings.message_max_bytes,
            send_at=send_at,
            rules=SendoutRules().changed(rate=rate, window=window, span=evenly),
        )
        for notice in notices(message):
            done(notice)
        if (earlier := earlier_message(session, message)) is not None:
            done(f"Message {earlier.id} is the same mail; mail programs may hide the second copy.")
        if not draft:
            write.hand_in(session, message, actor=actor)
        done(report(session, message))


@message_commands.command("hand-in")
def hand_in(message_id: MessageId, author: As) -> None:
    """Hand in a draft: with Right 601 it is sent, otherwise approvers are asked."""
    with acting() as (session, done):
        message = write.message_by_id(session, message_id)
        actor = actor_as(session, author)
        for notice in notices(message):
            done(notice)
        write.hand_in(session, message, actor=actor)
        done(report(session, message))


@message_commands.command("split")
def split_message(
    message_id: MessageId,
    author: As,
    shares: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NUMBER=SHARE]...", help="12=10 13=10: message 12 and draft 13, 10 % each."
        ),
    ] = None,
    copies: Annotated[bool, typer.Option("--copies", help="Shares are copies, not %.")] = False,
    rest_at: Annotated[
        datetime | None,
        typer.Option(parser=instant, metavar="TIME", help="When everyone else gets the winner."),
    ] = None,
    winner: Annotated[
        int | None,
        typer.Option(parser=row_number, metavar="NUMBER", help="It wins; else a person chooses."),
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Make the variants drafts again.")] = False,
) -> None:
    """Send a draft in variants, each to a share of the list, and the winner to the rest."""
    if undo == bool(shares):
        raise typer.BadParameter("give either shares or --undo")
    with acting() as (session, done):
        message, actor = write.message_by_id(session, message_id), actor_as(session, author)
        if not shares:
            unsplit(session, message, actor=actor)
            done(f"Message {message.id} goes out alone.")
            return
        unit = ShareUnit.COPIES if copies else ShareUnit.PERCENT
        plan = Split(dict(map(share_of, shares)), unit, rest_at, winner)
        split(session, message, plan, actor=actor)
        for line in split_lines(message, Language.ENGLISH, local):
            done(line)


def share_of(text: str) -> tuple[int, int]:
    """Parse a share such as 12=10; raises BadParameter."""
    number, _, share = text.partition("=")
    if not (share.isdecimal() and len(share) < 10):
        raise typer.BadParameter("write a share as in 12=10")
    return row_number(number), int(share)


@message_commands.command("copy")
def copy(
    message_id: MessageId,
    author: As,
    file: Annotated[
        str | None,
        typer.Argument(metavar="[FILE.eml]", help="The corrected message; - for stdin."),
    ] = None,
    to_rest: Annotated[
        bool, typer.Option("--to-rest", help="Only to those who did not get the message.")
    ] = False,
    with_uncertain: Annotated[
        bool,
        typer.Option(
            "--with-uncertain",
            help="Also to those of whom that is unknown; they may get both.",
        ),
    ] = False,
) -> None:
    """Copy one's own message as a new draft, to the same list or only to the rest."""
    if not to_rest and (file or with_uncertain):
        raise typer.BadParameter("give --to-rest, too")
    with acting() as (session, done):
        message = write.message_by_id(session, message_id)
        actor, most = actor_as(session, author), settings.message_max_bytes
        if to_rest:
            new = drafts.copy_to_rest(
                session,
                message,
                actor=actor,
                max_bytes=most,
                with_uncertain=with_uncertain,
                raw=contents(file) if file else None,
            )
            done(f"Message {new.id} is a draft to {counted(count(session, new), 'member')}.")
        else:
            new = drafts.copy(session, message, actor=actor, max_bytes=most)
            done(report(session, new))


@message_commands.command("show")
def show_message(message_id: MessageId, reader: By = None) -> None:
    """Write a message as it will be sent to stdout; with --as, if the person may read it."""
    with transaction() as session:
        message = write.message_by_id(session, message_id)
        if message.state is MessageState.DISCARDED:
            raise drafts.NotADraft("Message %(number)d was deleted.", number=message.id)
        if reader:
            open_as(session, message, actor_as(session, reader))
        sys.stdout.buffer.write(example_copy(message, CopySettings.from_settings(settings)))


def open_as(session: Session, message: Message, actor: Actor) -> None:
    """Raise Trespass unless the person may read the message; record it if an approver opens it."""
    write.require_reader(session, message, actor)
    main = message.variant_of or message
    asked = write.request_to_answer(session, main, actor.person)
    if asked is not None:
        view(session, asked, actor=actor)


@app.command()
def outbox(
    short_name: Annotated[
        str | None, typer.Option("--list", metavar="LIST", help="Only messages to this list.")
    ] = None,
    state: Annotated[MessageState | None, typer.Option(help="Only messages in this state.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=MAX_ID, help="How many to show.")] = 50,
) -> None:
    """Show messages and their states, newest first."""
    with transaction() as session:
        mailing_list = lists.list_named(session, short_name) if short_name else None
        found = newest_messages(session, mailing_list=mailing_list, state=state, limit=limit)
        show(
            "message",
            "list",
            "author",
            "subject",
            "state",
            rows=[
                (
                    str(message.id),
                    message.mailing_list.short_name,
                    message.author.name,
                    message.subject,
                    status_text(session, message, ZONE),
                )
                for message in found
            ],
            empty="Nothing here: listgate message submit FILE.eml --list LIST --as ADDRESS",
        )


@app.command()
def recall(message_id: MessageId, by: As) -> None:
    """Recall a scheduled message, or stop one that is being sent."""
    with acting() as (session, done):
        actor = actor_as(session, by)
        message = write.message_by_id(session, message_id)
        schedule.recall(session, message, actor=actor)
        done(report(session, message))


@app.command("timeline")
def show_timeline(message_id: MessageId) -> None:
    """Show everything that happened to a message, oldest first."""
    with transaction() as session:
        message = write.message_by_id(session, message_id)
        say(f"{message.subject or '(no subject)'} {status_text(session, message, ZONE)}")
        for line in slowed_domains(message):
            say(line)
        show(
            "when",
            "door",
            "what",
            rows=[
                (local(entry.at), entry.door.replace("_", " "), sentence(entry))
                for entry in timeline(session, message)
            ],
            empty="",
        )
