"""`listgate sync status` and `listgate sync history`."""

import typer

from models import Language, Sync, SyncState
from notifications.wording.failures import failure_sentence, readable_stderr
from portal.cli.options import ShortName, SomeShortName, local, number, show
from workflows.lists import lists
from workflows.sync.status import PushStatus, last_pushes, push_statuses
from workflows.transaction import transaction

app = typer.Typer()

MAX_PUSHES = 20  # shown
TAIL = 200  # characters of stderr shown


@app.command("status")
def status(short_name: SomeShortName = None) -> None:
    """Show the state of each list's pushes."""
    with transaction() as session:
        which = lists.list_named(session, short_name) if short_name else None
        show(
            "list",
            "state",
            "addresses",
            "last good push",
            "unpushed",
            "failures",
            "reason",
            rows=[status_row(one) for one in push_statuses(session, which)],
            empty="No lists yet: listgate list create SHORT-NAME ADDRESS NAME",
        )


def status_row(one: PushStatus) -> tuple[str, ...]:
    """Return the row of one list."""
    good, waiting = one.good, one.unfinished
    return (
        one.mailing_list.short_name,
        one.state,
        number(good.addresses if good else None),
        local(good.ended_at) if good and good.ended_at else "-",
        str(one.unpushed),
        str(waiting.failures if waiting else 0),
        reason(waiting) if waiting else "",
    )


@app.command("history")
def show_history(short_name: ShortName) -> None:
    """Show the last pushes of a list, newest first."""
    with transaction() as session:
        mailing_list = lists.list_named(session, short_name)
        show(
            "when",
            "state",
            "addresses",
            "seconds",
            "exit",
            "reason",
            "stderr",
            rows=[row(one) for one in last_pushes(session, mailing_list, MAX_PUSHES)],
            empty=f"The list {short_name} has never been pushed: listgate sync now {short_name}",
        )


def row(one: Sync) -> tuple[str, ...]:
    """Return the row of one push, with the outcome of its last attempt."""
    took = one.ended_at - one.started_at if one.started_at and one.ended_at else None
    return (
        local(one.started_at or one.due_at),
        one.state,
        number(one.addresses),
        f"{took.total_seconds():.1f}" if took else "-",
        number(one.exit_status),
        reason(one),
        readable_stderr(one.stderr)[-TAIL:],
    )


def reason(one: Sync) -> str:
    """Return why the push is not done."""
    if one.state is SyncState.HELD:
        return f"would remove {one.removals} addresses: listgate sync diff, listgate sync confirm"
    if one.failure is None:
        return ""
    return failure_sentence(one.failure, one.exit_status, Language.ENGLISH)
