"""All lists: search them, and see which ones need somebody's care."""

from collections.abc import Mapping, Sequence

from flask import g, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, func, literal, select
from sqlalchemy.orm import Session, joinedload

from models import MailingList, Right, Subscription
from portal.lists.blueprint import asked_list, pages
from portal.lists.doubts import told
from portal.lists.words import list_words
from portal.web.paging import page_of
from portal.web.sign_in import current_actor, current_user, signed_in
from workflows.access import require
from workflows.lists.checks import warnings_of
from workflows.queries.text_search import LISTS, holds
from workflows.sync.request import unfinished_sync
from workflows.sync.snapshot import last_good

# Counting further would cost more than knowing it is worth on a page.
COUNTED = 10_000


@pages.get("")
@signed_in
def overview() -> ResponseReturnValue:
    """The lists that the search finds, those in use or those of the archive."""
    require(current_actor(), Right.VIEW_LISTS)
    page = page_of(g.session, found(request.args.get("q", ""), request.args.get("shown", "")))
    return render_template(
        "lists/overview.html",
        page=page,
        members=members(g.session, [one.id for one in page.rows]),
        warned=warnings_of(g.session, page.rows) if minds_lists() else {},
        counted=COUNTED,
        **list_words(),
    )


def minds_lists() -> bool:
    """Whether warnings are for this reader: they name people who are on a list."""
    return current_user().may(Right.EDIT_LISTS)


def found(text: str, shown: str) -> Select[MailingList]:
    """The lists in which the words stand, by short name."""
    archived = MailingList.archived_at.is_not(None)
    return (
        select(MailingList)
        .where(holds(text, LISTS), archived if shown == "archived" else ~archived)
        .options(joinedload(MailingList.approver_list))
        .order_by(MailingList.short_name)
    )


def members(session: Session, list_ids: Sequence[int]) -> Mapping[int, int]:
    """How many people are on each list, counted to one more than `COUNTED`."""
    some = (
        select(literal(1).label("one"))
        .where(Subscription.list_id == MailingList.id)
        .correlate(MailingList)
        .limit(COUNTED + 1)
        .subquery()
        .lateral()
    )
    counts = (
        select(MailingList.id, func.count(some.c.one))
        .outerjoin(some, literal(value=True))
        .where(MailingList.id.in_(list_ids))
        .group_by(MailingList.id)
    )
    return dict(session.execute(counts).all())


@pages.get("/<id:list_id>")
@signed_in
def show(list_id: int) -> ResponseReturnValue:
    """One list: what it is, who answers, what may be wrong, and the way to the rest."""
    mailing_list = asked_list(list_id, Right.VIEW_LISTS)
    warned = warnings_of(g.session, [mailing_list])[list_id] if minds_lists() else []
    return render_template(
        "lists/show.html",
        list=mailing_list,
        members=members(g.session, [list_id])[list_id],
        counted=COUNTED,
        warnings=[told(one) for one in warned],
        unfinished=unfinished_sync(g.session, list_id),
        good=last_good(g.session, list_id),
        **list_words(),
    )
