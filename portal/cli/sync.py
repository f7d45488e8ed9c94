"""`listgate sync`: push a list, show what the next push changes, confirm a held push."""

import typer

from models import Actor, SyncState
from portal.cli import push_history
from portal.cli.options import ShortName, acting, number
from settings import settings
from workflows.lists import lists
from workflows.sync import request
from workflows.sync.request import require_maillists
from workflows.sync.snapshot import difference_now, last_good
from workflows.transaction import transaction

app = typer.Typer()
sync = typer.Typer(
    help="The list server: now, status, history, diff, confirm.", no_args_is_help=True
)

sync.add_typer(push_history.app)
app.add_typer(sync, name="sync")


@sync.callback()
def require_module() -> None:
    """The list server: now, status, history, diff, confirm."""
    require_maillists(enabled=settings.maillists_enabled)


@sync.command("now")
def push_now(short_name: ShortName) -> None:
    """Push a list now, even if nothing has changed."""
    with acting() as (session, done):
        mailing_list = lists.list_named(session, short_name)
        push = request.push_now(session, mailing_list, actor=Actor.operator())
        running = push.state is SyncState.RUNNING
        done(f"The list {short_name} is being pushed{'' if running else ' as soon as possible'}.")


@sync.command("diff")
def difference(short_name: ShortName) -> None:
    """Show what the next push adds (+) and removes (-), compared with the last successful one."""
    counts = {True: 0, False: 0}
    with transaction() as session:
        mailing_list = lists.list_named(session, short_name)
        for each in difference_now(session, mailing_list):
            counts[each.added] += 1
            typer.echo(f"{'+' if each.added else '-'}{each.line.decode()}", nl=False)
    typer.echo(f"{counts[True]} added, {counts[False]} removed.", err=True)


@sync.command("confirm")
def confirm(short_name: ShortName) -> None:
    """Confirm the held push, but none that removes more addresses."""
    with acting() as (session, done):
        mailing_list = lists.list_named(session, short_name)
        held = request.confirm(session, mailing_list, actor=Actor.operator())
        good = last_good(session, mailing_list.id)
        before = number(good.addresses if good else None)
        done(
            f"The push of {short_name} may remove {held.confirmed} of {before} addresses; "
            f"{number(held.addresses)} will be on the list."
        )
