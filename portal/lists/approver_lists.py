"""Approver lists: who answers, and for which mailing lists."""

from collections.abc import Sequence

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from models import ApproverList, MailingList, Right, User
from models.ids import row_id
from portal.web.errors import say
from portal.web.i18n import gettext as _
from portal.web.paging import Page, page_of
from portal.web.sign_in import current_actor, current_user, signed_in
from workflows.access import require, user_by_id
from workflows.lists.approver_lists import (
    add_approver,
    approver_list_by_id,
    delete_approver_list,
    lists_using,
    remove_approver,
)
from workflows.lists.lists import create_approver_list
from workflows.queries.text_search import PEOPLE, holds

pages = Blueprint("approver_lists", __name__, url_prefix="/approver-lists")

# Of those whom a search finds so many are offered; with more, one looks for a longer word.
OFFERED = 20


@pages.get("")
@signed_in
def overview() -> ResponseReturnValue:
    """All approver lists, with their members and the number of lists each one answers for."""
    require(current_actor(), Right.USE_APPROVER_LISTS)
    every = select(ApproverList).options(selectinload(ApproverList.members))
    page = page_of(g.session, every.order_by(ApproverList.name))
    return render_template("approver_lists/overview.html", page=page, used=used(g.session, page))


def used(session: Session, page: Page[ApproverList]) -> dict[int, int]:
    """For how many mailing lists each of them answers."""
    either = (ApproverList.id == MailingList.approver_list_id) | (
        ApproverList.id == MailingList.escalation_list_id
    )
    counts = (
        select(ApproverList.id, func.count(MailingList.id))
        .outerjoin(MailingList, either)
        .where(ApproverList.id.in_([one.id for one in page.rows]))
        .group_by(ApproverList.id)
    )
    return dict(session.execute(counts).all())


@pages.get("/new")
@signed_in
def new() -> ResponseReturnValue:
    """Ask for its name; members are added on its page."""
    require(current_actor(), Right.CREATE_APPROVER_LISTS)
    return render_template("approver_lists/new.html")


@pages.post("/new")
@signed_in
def create() -> ResponseReturnValue:
    """Create it, and go on to its members."""
    name = request.form.get("name", "")
    created = create_approver_list(g.session, name, [], actor=current_actor())
    say(_("The approver list has been created. Now add its approvers."))
    return redirect(url_for("approver_lists.show", number=created.id), 303)


@pages.get("/<id:number>")
@signed_in
def show(number: int) -> ResponseReturnValue:
    """Its members, where it is used, and whom a search finds to add."""
    approver_list = list_to(Right.USE_APPROVER_LISTS, number)
    return render_template(
        "approver_lists/show.html",
        list=approver_list,
        uses=lists_using(g.session, approver_list),
        offered=offered(g.session, approver_list, request.args.get("q", "")),
    )


def list_to(right: Right, number: int) -> ApproverList:
    """The list of this number; raises Trespass for readers without `right`, and Unknown."""
    require(current_actor(), right)
    return approver_list_by_id(g.session, number)


def offered(session: Session, approver_list: ApproverList, text: str) -> Sequence[User] | None:
    """Some people who could be added; None before anybody was looked for."""
    if not text.strip() or not current_user().may(Right.EDIT_APPROVER_LISTS):
        return None
    there = [user.id for user in approver_list.members]
    able = select(User).where(User.disabled_at.is_(None), User.id.not_in(there))
    found = able.where(holds(text, PEOPLE)).order_by(User.name, User.id)
    return session.scalars(found.limit(OFFERED)).all()


@pages.post("/<id:number>/members")
@signed_in
def add(number: int) -> ResponseReturnValue:
    """Have somebody answer too."""
    approver_list = list_to(Right.EDIT_APPROVER_LISTS, number)
    user = user_by_id(g.session, row_id(request.form.get("user", "")) or 0)
    add_approver(g.session, approver_list, user, actor=current_actor())
    say(_("%(name)s is now on the approver list.") % {"name": user.name})
    return redirect(url_for("approver_lists.show", number=number), 303)


@pages.post("/<id:number>/members/<id:user_id>/end")
@signed_in
def remove(number: int, user_id: int) -> ResponseReturnValue:
    """Have somebody no longer answer."""
    approver_list = list_to(Right.EDIT_APPROVER_LISTS, number)
    user = user_by_id(g.session, user_id)
    remove_approver(g.session, approver_list, user, actor=current_actor())
    say(_("%(name)s is no longer on the approver list.") % {"name": user.name})
    return redirect(url_for("approver_lists.show", number=number), 303)


@pages.post("/<id:number>/end")
@signed_in
def delete(number: int) -> ResponseReturnValue:
    """Delete it, if it answers for no list."""
    approver_list = list_to(Right.DELETE_APPROVER_LISTS, number)
    delete_approver_list(g.session, approver_list, actor=current_actor())
    say(_("The approver list has been deleted."))
    return redirect(url_for("approver_lists.overview"), 303)
