"""One message: what it says, where it stands, what happened to it, and what may be done next."""

from datetime import datetime

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from models import Invalid, Message, MessageState, Right, SendoutRules
from portal.messages.compose import limit, own
from portal.messages.preview import preview_of, readable
from portal.messages.sendout_fields import foreseen, typed_rules
from portal.web.errors import say
from portal.web.i18n import gettext as _
from portal.web.i18n import page_language
from portal.web.sign_in import current_actor, current_user, signed_in
from portal.web.templating import page_zone
from portal.wording.audit_sentences import sentence
from workflows.messages import drafts
from workflows.messages.write import hand_in, message_by_id
from workflows.moderation import decide
from workflows.queries.audit_search import names
from workflows.queries.message_status import newest_request, timeline
from workflows.queries.outbox_page import progress, tallies
from workflows.sendout.schedule import recall

pages = Blueprint("messages", __name__)

# A refused act is told where its form is: on the message's page.
ACTS = "any(handing_in, withdrawal, recall, time, copy, proof, deletion)"


@pages.get("/messages/<id:message_id>")
@pages.get(f"/messages/<id:message_id>/<{ACTS}:_act>")
@signed_in
def show(message_id: int, _act: str = "") -> ResponseReturnValue:
    """Everything about the message."""
    message = readable(message_id)
    return render_template(
        "messages/show.html",
        preview=preview_of(message),
        mine=message.author_id == current_user().id,
        scheduled_for=message.send_at and message.send_at.astimezone(page_zone()),
        zone=page_zone().key,
        no_rules=SendoutRules(),
        **standing(message),
    )


@pages.get("/messages/<id:message_id>/<any(standing, history):name>")
@signed_in
def part(message_id: int, name: str) -> ResponseReturnValue:
    """What may change by itself, to be fetched again and again."""
    return render_template(f"messages/{name}.html", **standing(readable(message_id)))


def standing(message: Message) -> dict[str, object]:
    """Where the message stands and what happened to it."""
    known = progress(g.session, [message])
    happened = timeline(g.session, message)
    tally = tallies(g.session, [message.id]).get(message.id)
    pending = None if tally is None else tally.get("pending", 0)
    language, called = page_language(), names(g.session, happened)
    return {
        "message": message,
        "plan": foreseen(message, known.dispatches.get(message.id), pending),
        "rejection": known.rejections.get(message.id),
        "tally": tally,
        "happened": [(each, sentence(each, language, called)) for each in happened],
    }


@pages.post("/messages/<id:message_id>/handing_in")
@signed_in
def ask_or_send(message_id: int) -> ResponseReturnValue:
    """Request approval, or send or schedule it, as the person's rights have it."""
    message = message_by_id(g.session, message_id)
    set_time(message)
    hand_in(g.session, message, actor=current_actor())
    if message.state is MessageState.IN_MODERATION:
        return done(message, _("The approvers have been asked."))
    return done(message, _("The message will be sent as scheduled."))


@pages.post("/messages/<id:message_id>/withdrawal")
@signed_in
def withdraw(message_id: int) -> ResponseReturnValue:
    """Take the question back."""
    message = own(message_id)
    asked = newest_request(g.session, message)
    decide.withdraw(g.session, asked, actor=current_actor())
    return done(message, _("The message is a draft again. The approvers are notified."))


@pages.post("/messages/<id:message_id>/recall")
@signed_in
def take_back(message_id: int) -> ResponseReturnValue:
    """Take a scheduled message back, or stop one that is being sent."""
    message = message_by_id(g.session, message_id)
    if recall(g.session, message, actor=current_actor()) is MessageState.STOPPED:
        return done(
            message, _("The sendout has been stopped. The remaining copies will not be sent.")
        )
    return done(message, _("The message is a draft again."))


@pages.post("/messages/<id:message_id>/time")
@signed_in
def set_another_time(message_id: int) -> ResponseReturnValue:
    """Have a scheduled message go out at another time, or by other rules."""
    message = message_by_id(g.session, message_id)
    send_at, rules = wanted_time(), typed_rules()
    drafts.reschedule(g.session, message, actor=current_actor(), send_at=send_at, rules=rules)
    return done(message, _("The time has been changed."))


@pages.post("/messages/<id:message_id>/copy")
@signed_in
def copy(message_id: int) -> ResponseReturnValue:
    """Begin a new draft with the same content."""
    message = message_by_id(g.session, message_id)
    new = drafts.copy(g.session, message, actor=current_actor(), max_bytes=limit())
    return done(new, _("This is a new draft with the same content."))


@pages.post("/messages/<id:message_id>/proof")
@signed_in
def mail_proof(message_id: int) -> ResponseReturnValue:
    """Mail it to its author alone."""
    message = message_by_id(g.session, message_id)
    drafts.send_proof(g.session, message, actor=current_actor())
    return done(message, _("A proof is on its way to you."))


@pages.post("/messages/<id:message_id>/deletion")
@signed_in
def delete(message_id: int) -> ResponseReturnValue:
    """Delete a draft."""
    message = message_by_id(g.session, message_id)
    drafts.discard(g.session, message, actor=current_actor())
    say(_("The draft has been deleted."))
    return redirect(url_for("outbox.show"), 303)


def set_time(message: Message) -> None:
    """Keep the draft's time and rules, if the person may set them and has changed one."""
    actor, wanted = current_actor(), (wanted_time(), typed_rules())
    given = wanted != (None, SendoutRules())
    if wanted != (message.send_at, message.sendout_rules) and (
        given or actor.may(Right.SCHEDULE_SENDOUT)
    ):
        send_at, rules = wanted
        drafts.reschedule(g.session, message, actor=actor, send_at=send_at, rules=rules)


def wanted_time() -> datetime | None:
    """The time on the form, in its reader's zone, or None for at once; raises Invalid."""
    typed = request.form.get("send_at", "")
    if request.form.get("when") == "then" and not typed:
        raise Invalid("Please enter a time.")
    if request.form.get("when") == "now" or not typed:
        return None
    try:
        return datetime.fromisoformat(typed).replace(tzinfo=page_zone())
    except ValueError:
        raise Invalid("This is not a date and time such as 2027-01-31T09:00.") from None


def done(message: Message, sentence_: str) -> ResponseReturnValue:
    """Say what was done, and show the message."""
    say(sentence_)
    return redirect(url_for(".show", message_id=message.id), 303)
