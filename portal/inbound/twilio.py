"""Twilio's webhooks: an inbound SMS, and the delivery status of an outbound one."""

import time
from collections.abc import Callable
from functools import wraps

from flask import Blueprint, Response, abort, current_app, g, request
from sqlalchemy.orm import Session
from twilio.request_validator import RequestValidator
from twilio.twiml.messaging_response import MessagingResponse

from models import InboundSms, Notification
from models.clock import now
from notifications.letters.keys import Keys
from notifications.sms.twilio import DeliveryReport
from portal.inbound.sms_answers import answer_text
from workflows.inbound import sms
from workflows.notify import lock_by_provider_id, report

hooks = Blueprint("webhooks", __name__, url_prefix="/webhooks/twilio")


def signed(view: Callable[[], Response]) -> Callable[[], Response]:
    """Require Twilio's signature for our public URL, whatever Host the request has."""

    @wraps(view)
    def checked() -> Response:
        settings = current_app.config["LISTGATE"]
        token = settings.twilio_auth_token.get_secret_value()
        url = settings.public_url + request.full_path.rstrip("?")
        signature = request.headers.get("X-Twilio-Signature", "")
        # Without a token, anyone could sign.
        if not token or not RequestValidator(token).validate(url, request.form, signature):
            abort(403)
        return view()

    return checked


@hooks.post("/sms")
@signed
def incoming_sms() -> Response:
    """Handle an SMS and return the answer, without any mail or network call in between."""
    settings = current_app.config["LISTGATE"]
    sid, number, text = (request.form.get(name, "") for name in ("MessageSid", "From", "Body"))
    # PostgreSQL does not store NUL, and Twilio does not send it.
    if not sid or not number or "\0" in sid + number + text:
        abort(400)
    session = g.session
    if not sms.claim(session, sid):
        claimed = session.get_one(InboundSms, sid)
        return twiml(claimed.answer)
    answer = sms.answer(
        session,
        number,
        text,
        opt_out_type=request.form.get("OptOutType", ""),
        keys=Keys.from_settings(settings),
        policy=settings.sms_decision,
    )
    claimed = session.get_one(InboundSms, sid)
    claimed.user_id = answer.user.id if answer.user else None
    claimed.said = answer.said.value
    claimed.answer = answer_text(answer)
    return twiml(claimed.answer)


@hooks.post("/status")
@signed
def status() -> Response:
    """Record the delivery status of an SMS; a failed one is sent as an e-mail instead."""
    try:
        reported = DeliveryReport.of(request.form)
    except ValueError:
        abort(400)
    if not (reported.delivered or reported.failed):
        return Response(status=204)
    session = g.session
    notification = reported_sms(session, reported.sid)
    if notification is not None:
        if reported.opted_out:
            notification.user.sms_stopped_at = now()
        report(session, notification, delivered=reported.delivered, why=reported.sentence)
    return Response(status=204)


# Seconds before each look-up of an SMS: its sender commits right after Twilio has accepted it.
WAITS = (0.0, 0.1, 0.3)


def reported_sms(session: Session, sid: str) -> Notification | None:
    """Return the SMS with this id, locked; waits for its sender to commit, or returns None."""
    for wait in WAITS:
        time.sleep(wait)
        if (notification := lock_by_provider_id(session, sid)) is not None:
            return notification
    return None


def twiml(text: str) -> Response:
    """Return an answer in TwiML; with an empty text, Twilio sends nothing."""
    response = MessagingResponse()
    if text:
        response.message(text)
    return Response(str(response), mimetype="text/xml")
