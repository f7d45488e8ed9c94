"""Who is on a list: search, add, remove, export; of a million people as of ten."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from tempfile import TemporaryFile

from flask import g, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from models import Subscription, User
from models.ids import row_id
from portal.lists.blueprint import asked_list, pages
from portal.web.errors import say
from portal.web.i18n import gettext as _
from portal.web.paging import ROWS
from portal.web.sign_in import current_actor, signed_in
from workflows.access import user_by_id, user_with_address
from workflows.queries.text_search import PEOPLE, holds
from workflows.subscriptions.export import export as write_addresses
from workflows.subscriptions.subscribe import subscribe, unsubscribe


@dataclass(frozen=True)
class Some:
    """Some subscribers; the next ones come after the user number `last`, if it is given."""

    rows: Sequence[Row[User, datetime]]
    first: bool
    last: int | None


@pages.get("/<id:list_id>/subscribers")
@signed_in
def subscribers(list_id: int) -> ResponseReturnValue:
    """Those whom the search finds, in the order in which they came to Listgate."""
    return render_template(
        "lists/subscribers.html",
        list=asked_list(list_id),
        some=some_subscribers(g.session, list_id, request.args.get("q", "")),
    )


def some_subscribers(session: Session, list_id: int, text: str) -> Some:
    """As many as a page shows, after the one that the address names.

    Not by page number: to skip a million rows PostgreSQL would have to read them.
    """
    after = row_id(request.args.get("after", "")) or 0
    wanted = (
        select(User, Subscription.since)
        .join(Subscription, Subscription.user_id == User.id)
        .where(
            Subscription.list_id == list_id,
            Subscription.user_id > after,
            holds(text, PEOPLE),
        )
        .order_by(Subscription.user_id)
        .limit(ROWS + 1)
    )
    rows = session.execute(wanted).all()
    more = len(rows) > ROWS
    return Some(rows[:ROWS], first=not after, last=rows[ROWS - 1][0].id if more else None)


@pages.post("/<id:list_id>/subscribers")
@signed_in
def add(list_id: int) -> ResponseReturnValue:
    """Put the person with this address on the list."""
    mailing_list = asked_list(list_id)
    user = user_with_address(g.session, request.form.get("address", ""))
    joined = subscribe(g.session, user, mailing_list, actor=current_actor())
    sentence = (
        _("%(name)s is now on the list.") if joined else _("%(name)s is already on the list.")
    )
    say(sentence % {"name": user.name})
    return redirect(url_for("lists.subscribers", list_id=list_id), 303)


@pages.post("/<id:list_id>/subscribers/<id:user_id>/end")
@signed_in
def remove(list_id: int, user_id: int) -> ResponseReturnValue:
    """Take the person off the list."""
    mailing_list = asked_list(list_id)
    user = user_by_id(g.session, user_id)
    unsubscribe(g.session, user, mailing_list, actor=current_actor())
    say(_("%(name)s is no longer on the list.") % {"name": user.name})
    return redirect(url_for("lists.subscribers", list_id=list_id), 303)


@pages.get("/<id:list_id>/subscribers.txt")
@signed_in
def export(list_id: int) -> ResponseReturnValue:
    """An address per line, as a push would hand them to the list server."""
    mailing_list = asked_list(list_id)
    # Read within the request's transaction, sent after it: a file, not memory, holds it meanwhile.
    file = TemporaryFile(buffering=0)  # noqa: SIM115 (it is closed when it has been sent)
    write_addresses(g.session, mailing_list, file, actor=current_actor())
    file.seek(0)
    return send_file(
        file,
        mimetype="text/plain",
        as_attachment=True,
        download_name=f"{mailing_list.short_name}.txt",
    )
