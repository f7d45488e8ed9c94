"""`listgate sendout`: hold, resume, end, choose a winner, list and resend copies in doubt."""

from typing import Annotated

import typer

from models import Actor, Delivery, DeliveryState
from portal.cli.options import By, MessageId, acting, actor_of, counted, local, row_number, show
from workflows.messages.write import message_by_id
from workflows.sendout import doubts
from workflows.sendout import resume as resuming
from workflows.sendout.hold import held_since, hold_sendouts, release_sendouts
from workflows.sendout.winner import choose_winner

app = typer.Typer()
sendout = typer.Typer(
    help="Sendouts: hold, resume, end, winner, uncertain, failed.", no_args_is_help=True
)
app.add_typer(sendout, name="sendout")


Recipients = Annotated[
    list[str] | None,
    typer.Argument(metavar="[ADDRESS]...", help="Only these recipients; without them all."),
]
Resend = Annotated[
    bool, typer.Option("--resend", help="Send the copies again, with the same Message-ID.")
]
Settle = Annotated[
    bool, typer.Option("--done", help="Nothing more is to be done about the copies.")
]

# Rows that a list shows, at most.
SHOWN = 10_000


@sendout.command("hold")
def hold(
    everything: Annotated[bool, typer.Option("--all", help="Hold all sendouts.")] = False,
    release: Annotated[bool, typer.Option("--release", help="Release them.")] = False,
) -> None:
    """Hold all sendouts until they are released: no worker begins another batch."""
    if everything == release:
        raise typer.BadParameter("give either --all or --release")
    with acting() as (session, done):
        if release:
            released = release_sendouts(session, actor=Actor.operator())
            done("All sendouts continue." if released else "No sendout was held.")
            return
        hold_sendouts(session, actor=Actor.operator())
        since = held_since(session)
        assert since is not None
        done(f"All sendouts have been held since {local(since)}: listgate sendout hold --release")


@sendout.command("resume")
def resume(message_id: MessageId, by: By = None) -> None:
    """Resume a stopped sendout where it stands."""
    with acting() as (session, done):
        message = message_by_id(session, message_id)
        resuming.resume(session, message, actor=actor_of(session, by))
        done(f"The sendout of message {message.id} continues where it was stopped.")


@sendout.command("end")
def end(message_id: MessageId, by: By = None) -> None:
    """End a stopped sendout for good."""
    with acting() as (session, done):
        message = message_by_id(session, message_id)
        resuming.end(session, message, actor=actor_of(session, by))
        done(f"The sendout of message {message.id} has ended.")


@sendout.command("winner")
def winner(
    message_id: MessageId,
    variant: Annotated[
        int, typer.Argument(parser=row_number, metavar="VARIANT", help="The winner's number.")
    ],
    instead_of: Annotated[
        int | None,
        typer.Option(parser=row_number, metavar="NUMBER", help="The variant chosen before."),
    ] = None,
    by: By = None,
) -> None:
    """Choose the variant that goes to the rest of the list."""
    with acting() as (session, done):
        message = message_by_id(session, message_id)
        actor = actor_of(session, by)
        choose_winner(session, message, variant, actor=actor, instead_of=instead_of)
        done(f"The rest gets variant {message.letter_of(variant)}.")


@sendout.command(
    DeliveryState.UNCERTAIN,
    help="List the recipients who may have a copy or not; send theirs again, or settle them.",
)
@sendout.command(
    DeliveryState.FAILED,
    help="List the recipients whose copies failed; send theirs again, or settle them.",
)
def in_doubt(
    context: typer.Context,
    message_id: MessageId,
    addresses: Recipients = None,
    resend: Resend = False,
    settle: Settle = False,
    by: By = None,
) -> None:
    """List, resend or settle the copies in the state that the command is called after."""
    if resend and settle:
        raise typer.BadParameter("give either --resend or --done")
    state = DeliveryState(str(context.info_name))
    choice = doubts.Choice([state], addresses or None)
    with acting() as (session, done):
        message = message_by_id(session, message_id)
        actor = actor_of(session, by)
        if resend:
            copies = doubts.resend(session, message, choice, actor=actor)
            done(f"{counted(copies, 'copy', 'copies')} will be sent again.")
        elif settle:
            copies = doubts.settle(session, message, choice, actor=actor)
            done(f"{counted(copies, 'copy', 'copies')} settled.")
        else:
            found = doubts.doubts(session, message, choice, limit=SHOWN, actor=actor)
            show(
                "address",
                "tried",
                "reason",
                rows=[
                    (one.address, local(one.claimed_at) if one.claimed_at else "-", reason(one))
                    for one in found
                ],
                empty=f"No copy is {state}.",
            )


def reason(copy: Delivery) -> str:
    """Return why the copy is in doubt."""
    return copy.failure or "the worker died while it was being sent"
