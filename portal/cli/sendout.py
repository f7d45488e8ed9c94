"""`listgate sendout`: hold all sendouts, and release them."""

from typing import Annotated

import typer

from models import Actor
from portal.cli.options import acting, local
from workflows.sendout.hold import held_since, hold_sendouts, release_sendouts

app = typer.Typer()
sendout = typer.Typer(help="Sendouts: hold.", no_args_is_help=True)
app.add_typer(sendout, name="sendout")


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
