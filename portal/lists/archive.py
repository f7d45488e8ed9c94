"""Archive a list, and take it out of the archive."""

from flask import g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from models import Right
from portal.lists.blueprint import list_for, pages
from portal.web.flash import flash
from portal.web.i18n import gettext as _
from portal.web.sign_in import current_actor, signed_in
from workflows.access import require_everywhere
from workflows.lists.archive import archive, unarchive


@pages.get("/<id:list_id>/archive")
@signed_in
def ask_archive(list_id: int) -> ResponseReturnValue:
    """Explain what archiving or its end does, with a button."""
    require_everywhere(current_actor(), Right.EDIT_LISTS, list_id=list_id)
    return render_template("lists/archive.html", list=list_for(list_id))


@pages.post("/<id:list_id>/archive")
@signed_in
def put_into_archive(list_id: int) -> ResponseReturnValue:
    """Archive the list."""
    archive(g.session, list_for(list_id), actor=current_actor())
    flash(_("The list has been archived."))
    return redirect(url_for("lists.show", list_id=list_id), 303)


@pages.post("/<id:list_id>/archive/end")
@signed_in
def take_out_of_archive(list_id: int) -> ResponseReturnValue:
    """Take the list out of the archive."""
    unarchive(g.session, list_for(list_id), actor=current_actor())
    flash(_("The list is in use again."))
    return redirect(url_for("lists.show", list_id=list_id), 303)
