"""Sets of lists, on which roles are granted: show, create, change and delete them."""

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from models import ListSet, MailingList, Right
from portal.web.flash import flash
from portal.web.i18n import gettext as _
from portal.web.sign_in import current_actor, signed_in
from workflows.access import require
from workflows.lists.list_sets import (
    change_lists,
    create_list_set,
    delete_list_set,
    is_in_use,
    list_set_by_id,
)
from workflows.lists.lists import lists_named
from workflows.queries.list_search import list_choices, list_sets_with_lists

pages = Blueprint("list_sets", __name__, url_prefix="/list-sets")


@pages.get("")
@signed_in
def overview() -> ResponseReturnValue:
    """Show each set with its lists."""
    require(current_actor(), Right.EDIT_USERS)
    return render_template("list_sets/overview.html", sets=list_sets_with_lists(g.session))


@pages.get("/new")
@signed_in
def new() -> ResponseReturnValue:
    """Show the form for a new set."""
    require(current_actor(), Right.EDIT_USERS)
    return form(None)


@pages.post("/new")
@signed_in
def create() -> ResponseReturnValue:
    """Create the set."""
    name = request.form.get("name", "")
    create_list_set(g.session, name, checked_lists(), actor=current_actor())
    flash(_("The set of lists has been created."))
    return redirect(url_for(".overview"), 303)


@pages.get("/<id:list_set_id>")
@signed_in
def edit(list_set_id: int) -> ResponseReturnValue:
    """Show the form for the set's lists."""
    return form(set_to_edit(list_set_id))


@pages.post("/<id:list_set_id>")
@signed_in
def change(list_set_id: int) -> ResponseReturnValue:
    """Save which lists the set has; roles on the set follow at once."""
    list_set, wanted = set_to_edit(list_set_id), checked_lists()
    unchecked = [one for one in list_set.lists if one not in wanted]
    change_lists(g.session, list_set, added=wanted, removed=unchecked, actor=current_actor())
    flash(_("The change has been saved."))
    return redirect(url_for(".overview"), 303)


@pages.post("/<id:list_set_id>/removal")
@signed_in
def delete(list_set_id: int) -> ResponseReturnValue:
    """Delete a set on which no role is granted."""
    delete_list_set(g.session, set_to_edit(list_set_id), actor=current_actor())
    flash(_("The set of lists has been deleted."))
    return redirect(url_for(".overview"), 303)


def form(list_set: ListSet | None) -> str:
    """Render the form for a set; for a new one if None."""
    has = [one.short_name for one in list_set.lists] if list_set else []
    return render_template(
        "list_sets/set.html",
        list_set=list_set,
        # A refused form keeps the boxes that were checked.
        has=request.form.getlist("list") if request.form else has,
        used=list_set is not None and is_in_use(g.session, list_set),
        choices=list_choices(g.session),
    )


def checked_lists() -> list[MailingList]:
    """Return the checked lists; raises Unknown."""
    return lists_named(g.session, request.form.getlist("list"))


def set_to_edit(list_set_id: int) -> ListSet:
    """Return the set; raises Trespass without the right to edit users, and Unknown."""
    require(current_actor(), Right.EDIT_USERS)
    return list_set_by_id(g.session, list_set_id)
