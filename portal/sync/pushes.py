"""Pushes of a list to the list server: their history, the next changes, and confirmation.

The push command is the operator's: no page shows or changes it.
"""

from dataclasses import dataclass, field

from flask import Blueprint, abort, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from models import MailingList, SyncState
from models.ids import row_id
from notifications.wording.failures import failure_sentence
from portal.lists.blueprint import list_for
from portal.web.flash import flash
from portal.web.i18n import gettext as _
from portal.web.i18n import page_language
from portal.web.sign_in import current_actor, signed_in
from workflows.sync.request import confirm, push_now, unfinished_sync
from workflows.sync.snapshot import difference_now, last_good
from workflows.sync.status import has_unpushed_changes, last_pushes

pages = Blueprint("sync", __name__, url_prefix="/mailing-lists/<id:list_id>/pushes")

MAX_PUSHES = 30  # shown: with a push a night and some changes a day, a week or two
MAX_SHOWN = 200  # added and removed addresses shown, of each kind; all are counted


@pages.before_request
def require_maillists() -> None:
    """Answer 404 when MAILLISTS_ENABLED is false."""
    if not current_app.config["LISTGATE"].maillists_enabled:
        abort(404)


@pages.get("")
@signed_in
def history(list_id: int) -> ResponseReturnValue:
    """Show the state of the list's pushes, and the last ones."""
    mailing_list = list_for(list_id)
    return render_template("sync/history.html", list=mailing_list, **push_state(mailing_list))


@pages.get("/part")
@signed_in
def part(list_id: int) -> ResponseReturnValue:
    """Show the part of the page that live.js refreshes."""
    mailing_list = list_for(list_id)
    return render_template("sync/part.html", list=mailing_list, **push_state(mailing_list))


def push_state(mailing_list: MailingList) -> dict[str, object]:
    """Return the unfinished push, the last successful one, and the last pushes."""
    return {
        "unfinished": unfinished_sync(g.session, mailing_list.id),
        "good": last_good(g.session, mailing_list.id),
        "unpushed": has_unpushed_changes(g.session, mailing_list.id),
        "pushes": last_pushes(g.session, mailing_list, MAX_PUSHES),
        "why": lambda sync: failure_sentence(sync.failure, sync.exit_status, page_language()),
        "states": {
            SyncState.PENDING: (_("waiting"), ""),
            SyncState.RUNNING: (_("running"), ""),
            SyncState.HELD: (_("held until someone confirms it"), "bad"),
            SyncState.DONE: (_("succeeded"), "good"),
        },
    }


@pages.post("")
@signed_in
def push(list_id: int) -> ResponseReturnValue:
    """Ask for a push now."""
    push_now(g.session, list_for(list_id), actor=current_actor())
    flash(_("The list will be pushed as soon as possible."))
    return redirect(url_for("sync.history", list_id=list_id), 303)


@dataclass
class Difference:
    """The number of addresses that the next push adds and removes, and the first ones of each."""

    added: int = 0
    removed: int = 0
    first_added: list[str] = field(default_factory=list)
    first_removed: list[str] = field(default_factory=list)

    def count(self, line: str, *, added: bool) -> None:
        """Count an added or removed line, and keep the first ones."""
        if added:
            self.added += 1
        else:
            self.removed += 1
        shown = self.first_added if added else self.first_removed
        if len(shown) < MAX_SHOWN:
            shown.append(line)


@pages.get("/difference")
@signed_in
def difference(list_id: int) -> ResponseReturnValue:
    """Show what the next push changes, compared with the last successful one."""
    mailing_list = list_for(list_id)
    return render_template("sync/difference.html", list=mailing_list, **next_changes(mailing_list))


@pages.get("/confirmation")
@signed_in
def ask_confirmation(list_id: int) -> ResponseReturnValue:
    """Show the numbers of the held push, and the addresses that it would remove."""
    mailing_list = list_for(list_id)
    return render_template(
        "sync/confirmation.html", list=mailing_list, **next_changes(mailing_list)
    )


def next_changes(mailing_list: MailingList) -> dict[str, object]:
    """Return what the next push changes; reads the whole list, in bounded memory."""
    changes = Difference()
    for each in difference_now(g.session, mailing_list):
        changes.count(each.line.decode().rstrip("\n"), added=each.added)
    unfinished = unfinished_sync(g.session, mailing_list.id)
    return {
        "difference": changes,
        "shown": MAX_SHOWN,
        "good": last_good(g.session, mailing_list.id),
        "held": unfinished if unfinished and unfinished.state is SyncState.HELD else None,
    }


@pages.post("/confirmation")
@signed_in
def let_through(list_id: int) -> ResponseReturnValue:
    """Confirm the held push, with at most as many removals as the page has shown."""
    seen = row_id(request.form.get("seen", "")) or 0  # a count has the bounds of an id
    confirm(g.session, list_for(list_id), seen=seen, actor=current_actor())
    flash(_("The push has been confirmed and will go ahead."))
    return redirect(url_for("sync.history", list_id=list_id), 303)
