"""Split a message into variants, and choose the winner."""

from datetime import datetime

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from models import Invalid, Message, MessageState, ShareUnit
from models.ids import row_id
from models.local_time import instant_of
from portal.messages.compose import own_message
from portal.messages.sendout_fields import zone_of
from portal.web.flash import flash
from portal.web.i18n import gettext as _
from portal.web.sign_in import current_actor, signed_in
from workflows.messages.split import Split, split, unsplit
from workflows.messages.write import message_by_id
from workflows.queries.split_drafts import possible_variants
from workflows.sendout.winner import choose_winner

pages = Blueprint("splits", __name__)


@pages.get("/messages/<id:message_id>/split")
@signed_in
def show(message_id: int) -> ResponseReturnValue:
    """Show the form with a share for each draft that can be a variant."""
    message = own_message(message_id)
    if message.state is not MessageState.DRAFT:
        return redirect(url_for("messages.show", message_id=message.id), 303)
    zone = zone_of(message)
    rest_at = message.rest_at.astimezone(zone).strftime("%Y-%m-%dT%H:%M") if message.rest_at else ""
    drafts = [message, *possible_variants(g.session, message)]
    subjects = [(str(one.id), one.subject or _("(no subject)")) for one in drafts]
    return render_template(
        "messages/split.html",
        message=message,
        drafts=drafts,
        winners=[("", _("A person chooses it")), *subjects],
        rest_at=rest_at,
        zone=zone.key,
    )


@pages.post("/messages/<id:message_id>/split")
@signed_in
def save(message_id: int) -> ResponseReturnValue:
    """Save the plan; without shares the message goes out alone."""
    message = own_message(message_id)
    shares = typed_shares()
    if shares:
        unit = ShareUnit.COPIES if request.form.get("unit") == "copies" else ShareUnit.PERCENT
        winner = row_id(request.form.get("winner", ""))
        plan = Split(shares, unit, typed_rest_at(message), winner)
        split(g.session, message, plan, actor=current_actor())
        flash(_("The message goes out in variants."))
    else:
        unsplit(g.session, message, actor=current_actor())
        flash(_("The message goes out alone."))
    return redirect(url_for("messages.show", message_id=message.id), 303)


@pages.post("/messages/<id:message_id>/winner")
@signed_in
def choose(message_id: int) -> ResponseReturnValue:
    """Choose the winner, or replace the choice that the page showed."""
    message = message_by_id(g.session, message_id)
    choose_winner(
        g.session,
        message,
        row_id(request.form.get("winner", "")) or 0,
        actor=current_actor(),
        instead_of=row_id(request.form.get("instead_of", "")),
    )
    flash(_("The winner has been chosen."))
    return redirect(url_for("messages.show", message_id=message.id), 303)


def typed_shares() -> dict[int, int]:
    """Return the shares by message number; an empty field is no share."""
    shares = {}
    for name, value in request.form.items():
        number = row_id(name.removeprefix("share_"))
        if name.startswith("share_") and number and value.strip():
            shares[number] = row_id(value.strip()) or 0
    return shares


def typed_rest_at(message: Message) -> datetime | None:
    """Return when the rest gets the winner; raises Invalid."""
    typed = request.form.get("rest_at", "")
    if not typed:
        return None
    try:
        local = datetime.fromisoformat(typed)
    except ValueError:
        raise Invalid("This is not a date and time such as 2027-01-31T09:00.") from None
    return instant_of(local, zone_of(message))
