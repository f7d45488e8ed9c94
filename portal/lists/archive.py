"""Put a list into the archive, and take it out again."""

from flask import g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.lists.blueprint import asked_list, pages
from portal.web.errors import say
from portal.web.i18n import gettext as _
from portal.web.sign_in import current_actor, signed_in
from workflows.lists.archive import archive, unarchive


@pages.get("/<id:list_id>/archive")
@signed_in
def ask_archive(list_id: int) -> ResponseReturnValue:
    """Say what archiving does, or its end, and ask."""
    return render_template("lists/archive.html", list=asked_list(list_id))


@pages.post("/<id:list_id>/archive")
@signed_in
def put_into_archive(list_id: int) -> ResponseReturnValue:
    """Archive the list."""
    archive(g.session, asked_list(list_id), actor=current_actor())
    say(_("The list has been archived."))
    return redirect(url_for("lists.show", list_id=list_id), 303)


@pages.post("/<id:list_id>/archive/end")
@signed_in
def take_out_of_archive(list_id: int) -> ResponseReturnValue:
    """Have the list be used again."""
    unarchive(g.session, asked_list(list_id), actor=current_actor())
    say(_("The list is in use again."))
    return redirect(url_for("lists.show", list_id=list_id), 303)
