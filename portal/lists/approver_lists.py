"""Approver lists: their members, and the mailing lists that use them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from models import Absence, ApproverList, Right, User
from models.ids import row_id
from portal.web.flash import flash
from portal.web.i18n import gettext as _
from portal.web.i18n import page_language
from portal.web.paging import page_of
from portal.web.sign_in import current_actor, current_user, signed_in
from portal.wording.warning_sentences import warning_text
from workflows.access import require, user_by_id
from workflows.lists.approver_lists import (
    add_approver,
    approver_list_by_id,
    delete_approver_list,
    lists_using,
    remove_approver,
)
from workflows.lists.checks import approver_warnings
from workflows.lists.lists import create_approver_list
from workflows.people.absences import absences_ahead
from workflows.queries.approver_list_overview import approver_lists_with_members, use_counts
from workflows.queries.user_search import approver_candidates

pages = Blueprint("approver_lists", __name__, url_prefix="/approver-lists")

MAX_CANDIDATES = 20  # people shown by one search; for more, search for a longer word


@pages.get("")
@signed_in
def overview() -> ResponseReturnValue:
    """Show all approver lists with their members and the number of lists that use each."""
    require(current_actor(), Right.USE_APPROVER_LISTS)
    page = page_of(g.session, approver_lists_with_members())
    return render_template(
        "approver_lists/overview.html", page=page, used=use_counts(g.session, page.rows)
    )


@pages.get("/new")
@signed_in
def new() -> ResponseReturnValue:
    """Show the form for its name; members are added on its own page."""
    require(current_actor(), Right.CREATE_APPROVER_LISTS)
    return render_template("approver_lists/new.html")


@pages.post("/new")
@signed_in
def create() -> ResponseReturnValue:
    """Create it, and redirect to its page to add members."""
    name = request.form.get("name", "")
    created = create_approver_list(g.session, name, [], actor=current_actor())
    flash(_("The approver list has been created. Now add its approvers."))
    return redirect(url_for("approver_lists.show", number=created.id), 303)


@pages.get("/<id:number>")
@signed_in
def show(number: int) -> ResponseReturnValue:
    """Show its members, the lists that use it, and people to add; warn after one was added."""
    approver_list = list_to(Right.USE_APPROVER_LISTS, number)
    uses = lists_using(g.session, approver_list)
    warned = approver_warnings(g.session, uses) if "added" in request.args else []
    return render_template(
        "approver_lists/show.html",
        list=approver_list,
        uses=uses,
        warnings=[(one, warning_text(each, page_language())) for one, each in warned],
        offered=candidates(approver_list),
        absences=absences_by_user(approver_list),
    )


def absences_by_user(approver_list: ApproverList) -> Mapping[int, list[Absence]]:
    """Return the current and future absences of its members, by the id of the user."""
    found: dict[int, list[Absence]] = defaultdict(list)
    for absence in absences_ahead(g.session, approver_list.members):
        found[absence.user_id].append(absence)
    return found


def list_to(right: Right, number: int) -> ApproverList:
    """Return the approver list; raises Trespass without `right`, and Unknown."""
    require(current_actor(), right)
    return approver_list_by_id(g.session, number)


def candidates(approver_list: ApproverList) -> Sequence[User] | None:
    """Return people to add who match `?q=`; None without a search or the right to add them."""
    words = request.args.get("q", "")
    if not words.strip() or not current_user().may(Right.EDIT_APPROVER_LISTS):
        return None
    return approver_candidates(g.session, approver_list, words, limit=MAX_CANDIDATES)


@pages.post("/<id:number>/members")
@signed_in
def add(number: int) -> ResponseReturnValue:
    """Add a member."""
    approver_list = list_to(Right.EDIT_APPROVER_LISTS, number)
    user = user_by_id(g.session, row_id(request.form.get("user", "")) or 0)
    add_approver(g.session, approver_list, user, actor=current_actor())
    flash(_("%(name)s is now on the approver list.") % {"name": user.name})
    return redirect(url_for("approver_lists.show", number=number, added=""), 303)


@pages.post("/<id:number>/members/<id:user_id>/end")
@signed_in
def remove(number: int, user_id: int) -> ResponseReturnValue:
    """Remove a member."""
    approver_list = list_to(Right.EDIT_APPROVER_LISTS, number)
    user = user_by_id(g.session, user_id)
    remove_approver(g.session, approver_list, user, actor=current_actor())
    flash(_("%(name)s is no longer on the approver list.") % {"name": user.name})
    return redirect(url_for("approver_lists.show", number=number), 303)


@pages.post("/<id:number>/end")
@signed_in
def delete(number: int) -> ResponseReturnValue:
    """Delete it, if no mailing list uses it."""
    approver_list = list_to(Right.DELETE_APPROVER_LISTS, number)
    delete_approver_list(g.session, approver_list, actor=current_actor())
    flash(_("The approver list has been deleted."))
    return redirect(url_for("approver_lists.overview"), 303)
