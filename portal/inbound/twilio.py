"""What Twilio tells us: an SMS that came in, and what became of one that we sent."""

import time
from collections.abc import Callable
from functools import wraps

from flask import Blueprint, Response, abort, current_app, g, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from twilio.request_validator import RequestValidator
from twilio.twiml.messaging_response import MessagingResponse

from models import InboundSms, Notification
from models.clock import now
from notifications.letters.keys import Keys
from notifications.sms.twilio import DeliveryReport
from portal.inbound.sms_answers import in_words
from workflows.inbound import sms
from workflows.notify import report

hooks = Blueprint("webhooks", __name__, url_prefix="/webhooks/twilio")


def signed(view: Callable[[], Response]) -> Callable[[], Response]:
    """Let in only what Twilio has signed for our public address, whatever the request calls it."""

    @wraps(view)
    def checked() -> Response:
        settings = current_app.config["LISTGATE"]
        token = settings.twilio_auth_token.get_secret_value()
        url = settings.public_url + request.full_path.rstrip("?")
        signature = request.headers.get("X-Twilio-Signature", "")
        # Without a token everybody could sign.
        if not token or not RequestValidator(token).validate(url, request.form, signature):
            abort(403)
        return view()

    return checked


@hooks.post("/sms")
@signed
def incoming_sms() -> Response:
    """Decide as the SMS says, and answer it; no mail is sent and nobody called meanwhile."""
    settings = current_app.config["LISTGATE"]
    sid, number, text = (request.form.get(name, "") for name in ("MessageSid", "From", "Body"))
    # No text column takes a NUL, and Twilio sends none.
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
    claimed.answer = in_words(answer)
    return twiml(claimed.answer)


@hooks.post("/status")
@signed
def status() -> Response:
    """Take note of what became of an SMS of ours; one that failed becomes an e-mail."""
    try:
        reported = DeliveryReport.of(request.form)
    except ValueError:
        abort(400)
    if not (reported.delivered or reported.failed):
        return Response(status=204)
    session = g.session
    notification = letter_named(session, reported.sid)
    if notification is not None:
        if reported.opted_out:
            notification.user.sms_stopped_at = now()
        report(session, notification, delivered=reported.delivered, why=reported.sentence)
    return Response(status=204)


# Seconds before each look for an SMS: its sender commits at once, but after Twilio's yes.
WAITS = (0.0, 0.1, 0.3)


def letter_named(session: Session, sid: str) -> Notification | None:
    """The SMS that Twilio calls so, locked; a report may come before its sender has committed."""
    named = select(Notification).where(Notification.provider_id == sid).with_for_update()
    for wait in WAITS:
        time.sleep(wait)
        if (found := session.scalar(named)) is not None:
            return found
    return None


def twiml(text: str) -> Response:
    """An answer in Twilio's markup; without a text Twilio sends nothing."""
    response = MessagingResponse()
    if text:
        response.message(text)
    return Response(str(response), mimetype="text/xml")
