"""Sendout rules on pages: read them from a form, and forecast a sendout."""

from flask import g, request

from models import Dispatch, Invalid, Message, Rate, SendoutRules, Window
from models.windows import clock_of
from portal.web.templating import organisation_zone
from workflows.sendout import forecast
from workflows.sendout.forecast import Plan


def typed_rules() -> SendoutRules:
    """Return the rules from the form, where empty means no rule; raises Invalid for half a rule."""
    copies, minutes, opens, closes = (
        request.form.get(name, "").strip()
        for name in ("rate_copies", "rate_minutes", "window_opens", "window_closes")
    )
    if bool(copies) != bool(minutes):
        raise Invalid("A rate needs both a number of copies and a number of minutes.")
    if bool(opens) != bool(closes):
        raise Invalid("A window needs both an opening and a closing time.")
    return SendoutRules(
        Rate.read(f"{copies}/{minutes}") if copies else None,
        (Window(clock_of(opens), clock_of(closes)),) if opens else None,
    )


def forecast_of(
    message: Message, dispatch: Dispatch | None = None, copies: int | None = None
) -> Plan | None:
    """Forecast the message's sendout; `copies` are still to be sent."""
    return forecast.plan(g.session, message, organisation_zone(), dispatch=dispatch, copies=copies)


def start_of(message: Message, dispatch: Dispatch) -> Plan:
    """Forecast only when copies may be sent, for the first time or again."""
    return forecast.plan_start(message, organisation_zone(), dispatch)
