"""The rules of sendouts on pages: what a form says, and what is foreseen, in words."""

from datetime import datetime

from flask import g, request

from models import Dispatch, Invalid, Message, Rate, SendoutRules, Window
from models.windows import clock_of
from portal.web.templating import house_zone
from workflows.sendout import forecast
from workflows.sendout.forecast import Plan


def typed_rules() -> SendoutRules:
    """The rules on the form; what is empty is no rule.  Raises Invalid for half of one."""
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


def foreseen(
    message: Message, dispatch: Dispatch | None = None, copies: int | None = None
) -> Plan | None:
    """What is foreseen of the message's sendout; so many `copies` are still to leave."""
    return forecast.plan(g.session, message, house_zone(), dispatch=dispatch, copies=copies)


def begins_at(message: Message, dispatch: Dispatch) -> datetime | None:
    """When copies may leave, for the first time or again."""
    return forecast.plan_start(message, house_zone(), dispatch).begins_at
