"""The copies of a message in doubt: who should get theirs again, and what is settled."""

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from models import Invalid
from models.ids import row_id
from portal.web.flash import flash
from portal.web.i18n import ngettext
from portal.web.sign_in import current_actor, signed_in
from workflows.messages.write import message_by_id
from workflows.sendout.doubts import Choice, doubts, resend, settle

pages = Blueprint("doubts", __name__)

ROWS = 100  # per page

ACTS = {"resend": resend, "settle": settle}


@pages.get("/messages/<id:message_id>/doubts")
@signed_in
def show(message_id: int) -> ResponseReturnValue:
    """List the recipients with reasons, and two buttons."""
    message = message_by_id(g.session, message_id)
    after = row_id(request.args.get("after", "")) or 0
    copies = doubts(
        g.session, message, Choice(), after=after, limit=ROWS + 1, actor=current_actor()
    )
    return render_template(
        "messages/doubts.html",
        message=message,
        copies=copies[:ROWS],
        first=not after,
        last=copies[ROWS - 1].id if len(copies) > ROWS else None,
    )


@pages.post("/messages/<id:message_id>/doubts")
@signed_in
def act(message_id: int) -> ResponseReturnValue:
    """Send the chosen copies again, or settle them."""
    message = message_by_id(g.session, message_id)
    verb = ACTS.get(request.form.get("act", ""))
    if verb is None:
        raise Invalid("Choose what to do.")
    number = verb(g.session, message, chosen(), actor=current_actor())
    if verb is resend:
        words = ngettext(
            "%(number)d copy will be sent again.", "%(number)d copies will be sent again.", number
        )
    else:
        words = ngettext(
            "%(number)d copy has been settled.", "%(number)d copies have been settled.", number
        )
    flash(words % {"number": number})
    return redirect(url_for("messages.show", message_id=message.id), 303)


def chosen() -> Choice:
    """Return the ticked copies, or all; raises Invalid if none is ticked."""
    if request.form.get("all"):
        return Choice()
    ids = [number for one in request.form.getlist("copy") if (number := row_id(one))]
    if not ids:
        raise Invalid("Choose at least one recipient.")
    return Choice(ids=ids)
