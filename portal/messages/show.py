"""One message: its content, its state, its history, and what can be done with it."""

from collections.abc import Mapping

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from models import Message, MessageState, Right, SendoutRules
from notifications.mime.from_field import from_notice
from notifications.mime.personal import is_signed_by_author
from notifications.wording.split_words import split_lines
from portal.messages.compose import max_bytes, own_message
from portal.messages.preview import preview_of, readable
from portal.messages.sendout_fields import forecast_of, send_time_fields, typed_rules, typed_time
from portal.web.flash import flash
from portal.web.i18n import gettext as _
from portal.web.i18n import page_language
from portal.web.sign_in import current_actor, current_user, signed_in
from portal.web.templating import time_text
from portal.wording.audit_sentences import sentence
from workflows.messages import drafts
from workflows.messages.write import hand_in, message_by_id
from workflows.moderation import decide
from workflows.queries.audit_search import names_in
from workflows.queries.message_status import newest_request, timeline
from workflows.queries.outbox_page import progress, tallies
from workflows.queries.suspensions import count_returned
from workflows.sendout.domains import Domains
from workflows.sendout.forecast import FORECAST_STATES
from workflows.sendout.recipients import count
from workflows.sendout.rest import has_rest
from workflows.sendout.resume import can_be_resumed, end, resume
from workflows.sendout.schedule import recall
from workflows.sendout.winner import undecided

pages = Blueprint("messages", __name__)

# The URLs of the forms on a message's page, which a GET shows so that a refusal appears there.
ACTS = "any(winner, handing_in, withdrawal, recall, resumption, end, time, copy, rest, proof)"


@pages.get("/messages/<id:message_id>")
@pages.get(f"/messages/<id:message_id>/<{ACTS}:_act>")
@signed_in
def show(message_id: int, _act: str = "") -> ResponseReturnValue:
    """Show everything about the message."""
    message = readable(message_id)
    return render_template(
        "messages/show.html",
        preview=preview_of(message),
        mine=message.author_id == current_user().id,
        send_time=send_time_fields(message),
        no_rules=SendoutRules(),
        from_notice=from_notice(message),
        signature_lost=message.personal_fields and is_signed_by_author(message.raw),
        **message_state(message),
    )


@pages.get("/messages/<id:message_id>/<any(standing, history):name>")
@signed_in
def part(message_id: int, name: str) -> ResponseReturnValue:
    """Show the part that live.js refreshes."""
    return render_template(f"messages/{name}.html", **message_state(readable(message_id)))


def message_state(message: Message) -> dict[str, object]:
    """Return the state of the message, its forecast and its history."""
    known = progress(g.session, [message])
    happened = timeline(g.session, message)
    tally = tallies(g.session, [message.id]).get(message.id)
    pending = None if tally is None else tally.get("pending", 0)
    is_rest = message.rest_of_id is not None and message.state in FORECAST_STATES
    language, names = page_language(), names_in(g.session, happened)
    return {
        "message": message,
        "plan": forecast_of(message, known.dispatches.get(message.id), pending),
        "answer": known.answers.get(message.id),
        "tally": tally,
        "resumable": message.state is MessageState.STOPPED and can_be_resumed(g.session, message),
        "has_rest": has_rest(g.session, message),
        "recipients": count(g.session, message) if is_rest and not tally else None,
        "slowed": slowed_domains(message),
        "split": split_lines(message, page_language(), time_text),
        "all_away": waits_for_the_absent(message),
        "undecided": undecided(g.session, message),
        "returned": count_returned(g.session, message) if tally else 0,
        "happened": [(each, sentence(each, language, names)) for each in happened],
    }


def waits_for_the_absent(message: Message) -> bool:
    """Return whether the message waits for an answer, and everyone who may give it is away."""
    if message.state is not MessageState.IN_MODERATION:
        return False
    return newest_request(g.session, message).answerers().all_away


def slowed_domains(message: Message) -> Mapping[str, tuple[int, str]]:
    """Return the domains that get fewer copies now: how many a minute, and the answer that did it.

    None while the message is not being sent.
    """
    if message.state is not MessageState.SENDING:
        return {}
    return Domains(current_app.config["LISTGATE"].sendout_domain_rates).slowed()


@pages.post("/messages/<id:message_id>/handing_in")
@signed_in
def ask_or_send(message_id: int) -> ResponseReturnValue:
    """Request approval, or with Right 601 send or schedule the message."""
    message = message_by_id(g.session, message_id)
    set_time(message)
    hand_in(g.session, message, actor=current_actor())
    if message.state is MessageState.IN_MODERATION:
        return done(message, _("The approvers have been asked."))
    return done(message, _("The message will be sent as scheduled."))


@pages.post("/messages/<id:message_id>/withdrawal")
@signed_in
def withdraw(message_id: int) -> ResponseReturnValue:
    """Withdraw the request."""
    message = own_message(message_id)
    moderation_request = newest_request(g.session, message)
    decide.withdraw(g.session, moderation_request, actor=current_actor())
    return done(message, _("The message is a draft again. The approvers are notified."))


@pages.post("/messages/<id:message_id>/recall")
@signed_in
def take_back(message_id: int) -> ResponseReturnValue:
    """Recall a scheduled message, or stop one that is being sent."""
    message = message_by_id(g.session, message_id)
    if recall(g.session, message, actor=current_actor()) is MessageState.STOPPED:
        return done(
            message,
            _("The sendout has been stopped. You can resume it where it stands, or end it."),
        )
    return done(message, _("The message is a draft again."))


@pages.post("/messages/<id:message_id>/resumption")
@signed_in
def take_up(message_id: int) -> ResponseReturnValue:
    """Resume a stopped sendout."""
    message = message_by_id(g.session, message_id)
    resume(g.session, message, actor=current_actor())
    return done(message, _("The sendout continues where it was stopped."))


@pages.post("/messages/<id:message_id>/end")
@signed_in
def end_sendout(message_id: int) -> ResponseReturnValue:
    """End a stopped sendout for good."""
    message = message_by_id(g.session, message_id)
    end(g.session, message, actor=current_actor())
    return done(message, _("The sendout has ended. The remaining copies will not be sent."))


@pages.post("/messages/<id:message_id>/time")
@signed_in
def set_another_time(message_id: int) -> ResponseReturnValue:
    """Change the time or the rules of a scheduled message."""
    message = message_by_id(g.session, message_id)
    send_at, rules = typed_time(message), typed_rules()
    drafts.reschedule(g.session, message, actor=current_actor(), send_at=send_at, rules=rules)
    return done(message, _("The time has been changed."))


@pages.post("/messages/<id:message_id>/copy")
@signed_in
def copy(message_id: int) -> ResponseReturnValue:
    """Copy the message as a new draft."""
    message = message_by_id(g.session, message_id)
    new = drafts.copy(g.session, message, actor=current_actor(), max_bytes=max_bytes())
    return done(new, _("This is a new draft with the same content."))


@pages.post("/messages/<id:message_id>/rest")
@signed_in
def copy_to_rest(message_id: int) -> ResponseReturnValue:
    """Copy the message as a new draft to those who did not get it."""
    message = message_by_id(g.session, message_id)
    new = drafts.copy_to_rest(
        g.session,
        message,
        actor=current_actor(),
        max_bytes=max_bytes(),
        with_uncertain="uncertain" in request.form,
    )
    return done(new, _("This draft goes to those who did not get the message. Please correct it."))


@pages.post("/messages/<id:message_id>/proof")
@signed_in
def mail_proof(message_id: int) -> ResponseReturnValue:
    """Send a proof to the author."""
    message = message_by_id(g.session, message_id)
    drafts.send_proof(g.session, message, actor=current_actor())
    return done(message, _("A proof is on its way to you."))


@pages.get("/messages/<id:message_id>/deletion")
@signed_in
def ask_deletion(message_id: int) -> ResponseReturnValue:
    """Ask before the draft is deleted, because nothing restores it."""
    message = own_message(message_id)
    if message.state is not MessageState.DRAFT:
        return show(message_id)
    return render_template("messages/deletion.html", message=message)


@pages.post("/messages/<id:message_id>/deletion")
@signed_in
def delete(message_id: int) -> ResponseReturnValue:
    """Delete a draft."""
    message = message_by_id(g.session, message_id)
    drafts.discard(g.session, message, actor=current_actor())
    flash(_("The draft has been deleted."))
    return redirect(url_for("outbox.show"), 303)


def set_time(message: Message) -> None:
    """Save the draft's time and rules, if the reader may set them and has changed one."""
    actor, wanted = current_actor(), (typed_time(message), typed_rules())
    is_set = wanted != (None, SendoutRules())
    if wanted != (message.send_at, message.sendout_rules) and (
        is_set or actor.may(Right.SCHEDULE_SENDOUT, message.list_id)
    ):
        send_at, rules = wanted
        drafts.reschedule(g.session, message, actor=actor, send_at=send_at, rules=rules)


def done(message: Message, text: str) -> ResponseReturnValue:
    """Flash what was done, and redirect to the message."""
    flash(text)
    return redirect(url_for(".show", message_id=message.id), 303)
