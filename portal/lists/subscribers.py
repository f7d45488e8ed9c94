"""The members of a list: search, add, remove, export."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from tempfile import TemporaryFile

from flask import g, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Row

from models import User
from models.ids import row_id
from portal.lists.blueprint import list_for, pages
from portal.web.flash import flash
from portal.web.i18n import gettext as _
from portal.web.paging import ROWS
from portal.web.sign_in import current_actor, signed_in
from workflows.access import user_by_id, user_with_address
from workflows.queries.list_members import members_after
from workflows.subscriptions.export import export as write_addresses
from workflows.subscriptions.subscribe import subscribe, unsubscribe


@dataclass(frozen=True)
class MemberPage:
    """A page of members; the next page begins after user number `last`, unless it is None."""

    rows: Sequence[Row[User, datetime]]
    first: bool
    last: int | None


@pages.get("/<id:list_id>/subscribers")
@signed_in
def subscribers(list_id: int) -> ResponseReturnValue:
    """Show the matching members, in the order of their user numbers."""
    return render_template(
        "lists/subscribers.html",
        list=list_for(list_id),
        some=member_page(list_id),
    )


def member_page(list_id: int) -> MemberPage:
    """Return the members that match `?q=`, after the user number in `?after=`."""
    after = row_id(request.args.get("after", "")) or 0
    words = request.args.get("q", "")
    rows = members_after(g.session, list_id, words, after=after, limit=ROWS + 1)
    more = len(rows) > ROWS
    return MemberPage(rows[:ROWS], first=not after, last=rows[ROWS - 1][0].id if more else None)


@pages.post("/<id:list_id>/subscribers")
@signed_in
def add(list_id: int) -> ResponseReturnValue:
    """Subscribe the person with this address."""
    mailing_list = list_for(list_id)
    user = user_with_address(g.session, request.form.get("address", ""))
    joined = subscribe(g.session, user, mailing_list, actor=current_actor())
    sentence = (
        _("%(name)s is now on the list.") if joined else _("%(name)s is already on the list.")
    )
    flash(sentence % {"name": user.name})
    return redirect(url_for("lists.subscribers", list_id=list_id), 303)


@pages.post("/<id:list_id>/subscribers/<id:user_id>/end")
@signed_in
def remove(list_id: int, user_id: int) -> ResponseReturnValue:
    """Unsubscribe the person."""
    mailing_list = list_for(list_id)
    user = user_by_id(g.session, user_id)
    unsubscribe(g.session, user, mailing_list, actor=current_actor())
    flash(_("%(name)s is no longer on the list.") % {"name": user.name})
    return redirect(url_for("lists.subscribers", list_id=list_id), 303)


@pages.get("/<id:list_id>/subscribers.txt")
@signed_in
def export(list_id: int) -> ResponseReturnValue:
    """Send the addresses as a text file, one per line, as a push would."""
    mailing_list = list_for(list_id)
    # Read in the request's transaction and sent after it; a file, because a list may exceed memory.
    file = TemporaryFile(buffering=0)  # noqa: SIM115 (it is closed when it has been sent)
    write_addresses(g.session, mailing_list, file, actor=current_actor())
    file.seek(0)
    return send_file(
        file,
        mimetype="text/plain",
        as_attachment=True,
        download_name=f"{mailing_list.short_name}.txt",
    )
