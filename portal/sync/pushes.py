"""Pushes of a list to the list server: how they went, what comes next, what a person decides.

The command itself is the operator's; no page shows or changes it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from flask import Blueprint, abort, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import MailingList, SubscriptionChange, Sync, SyncState
from notifications.wording.failures import failure_sentence
from portal.lists.blueprint import asked_list
from portal.web.errors import say
from portal.web.i18n import gettext as _
from portal.web.i18n import page_language
from portal.web.sign_in import current_actor, signed_in
from workflows.sync.request import confirm, push_now, unfinished_sync
from workflows.sync.snapshot import difference_now, last_good

pages = Blueprint("sync", __name__, url_prefix="/mailing-lists/<id:list_id>/pushes")

# A push a night and some changes a day: a week or two.
LATELY = 30

# So many addresses of each kind are shown; the others are counted.
SHOWN = 200


@pages.before_request
def offer() -> None:
    """Without a list server there is nothing here."""
    if not current_app.config["LISTGATE"].maillists_enabled:
        abort(404)


@pages.get("")
@signed_in
def history(list_id: int) -> ResponseReturnValue:
    """Where the list stands, and how its last pushes went."""
    mailing_list = asked_list(list_id)
    return render_template("sync/history.html", list=mailing_list, **standing(mailing_list))


@pages.get("/part")
@signed_in
def part(list_id: int) -> ResponseReturnValue:
    """The part of the page that keeps itself fresh."""
    mailing_list = asked_list(list_id)
    return render_template("sync/part.html", list=mailing_list, **standing(mailing_list))


def standing(mailing_list: MailingList) -> dict[str, object]:
    """What the page tells: the push that is not done, the last good one, the history."""
    return {
        "unfinished": unfinished_sync(g.session, mailing_list.id),
        "good": last_good(g.session, mailing_list.id),
        "unpushed": unpushed(g.session, mailing_list.id),
        "pushes": lately(g.session, mailing_list.id),
        "why": lambda sync: failure_sentence(sync.failure, sync.exit_status, page_language()),
        "states": {
            SyncState.PENDING: (_("waiting"), ""),
            SyncState.RUNNING: (_("running"), ""),
            SyncState.HELD: (_("held until someone confirms it"), "bad"),
            SyncState.DONE: (_("succeeded"), "good"),
        },
    }


def unpushed(session: Session, list_id: int) -> bool:
    """Whether something has changed that no push has covered yet."""
    waiting = select(SubscriptionChange.id).where(
        SubscriptionChange.list_id == list_id, SubscriptionChange.sync_id.is_(None)
    )
    return session.scalar(waiting.limit(1)) is not None


def lately(session: Session, list_id: int) -> Sequence[Sync]:
    """The last pushes, the newest first."""
    pushes = select(Sync).where(Sync.list_id == list_id).order_by(Sync.id.desc())
    return session.scalars(pushes.limit(LATELY)).all()


@pages.post("")
@signed_in
def push(list_id: int) -> ResponseReturnValue:
    """Have the list pushed at once."""
    push_now(g.session, asked_list(list_id), actor=current_actor())
    say(_("The list will be pushed as soon as possible."))
    return redirect(url_for("sync.history", list_id=list_id), 303)


@dataclass
class Difference:
    """How many addresses the next push adds and takes away, and the first ones of each."""

    added: int = 0
    removed: int = 0
    first_added: list[str] = field(default_factory=list)
    first_removed: list[str] = field(default_factory=list)

    def count(self, line: str, *, added: bool) -> None:
        """One more address."""
        if added:
            self.added += 1
        else:
            self.removed += 1
        shown = self.first_added if added else self.first_removed
        if len(shown) < SHOWN:
            shown.append(line)


@pages.get("/difference")
@signed_in
def difference(list_id: int) -> ResponseReturnValue:
    """What the next push changes, compared with the last good one."""
    mailing_list = asked_list(list_id)
    return render_template("sync/difference.html", list=mailing_list, **compared(mailing_list))


@pages.get("/confirmation")
@signed_in
def ask_confirmation(list_id: int) -> ResponseReturnValue:
    """The numbers of the push that is held, and whom it takes away."""
    mailing_list = asked_list(list_id)
    return render_template("sync/confirmation.html", list=mailing_list, **compared(mailing_list))


def compared(mailing_list: MailingList) -> dict[str, object]:
    """What pages about the difference tell; it reads the whole list, in bounded memory."""
    found = Difference()
    for each in difference_now(g.session, mailing_list):
        found.count(each.line.decode().rstrip("\n"), added=each.added)
    unfinished = unfinished_sync(g.session, mailing_list.id)
    return {
        "difference": found,
        "shown": SHOWN,
        "good": last_good(g.session, mailing_list.id),
        "held": unfinished if unfinished and unfinished.state is SyncState.HELD else None,
    }


@pages.post("/confirmation")
@signed_in
def let_through(list_id: int) -> ResponseReturnValue:
    """Let the push that is held through, with as many removals as the page has shown."""
    seen = request.form.get("seen", "")
    mailing_list = asked_list(list_id)
    confirm(
        g.session, mailing_list, seen=int(seen) if seen.isdecimal() else 0, actor=current_actor()
    )
    say(_("The push has been confirmed and will go ahead."))
    return redirect(url_for("sync.history", list_id=list_id), 303)
