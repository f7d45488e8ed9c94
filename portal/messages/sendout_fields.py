"""The time and the rules of a sendout on pages: read them from a form, and forecast it."""

from datetime import datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from flask import g, request

from models import Dispatch, Invalid, Message, Rate, SendoutRules, Span, Window
from models.local_time import instant_of, is_shown_twice
from models.windows import clock_of
from notifications.wording.languages import format_moment
from portal.web.i18n import page_language
from portal.web.templating import organisation_zone, page_zone
from workflows.sendout import forecast
from workflows.sendout.forecast import Plan

# Which of two times that clocks show alike, and its `fold` (PEP 495).
FOLDS: Final = {"first": 0, "second": 1}


class SendTimeFields(NamedTuple):
    """What the form shows: a local time (ISO 8601, to the minute) and the name of its zone."""

    local: str
    zone: str
    # If clocks in the zone show the local time twice: both, each with its name, and which is meant.
    twice: tuple[tuple[str, str], ...] = ()
    which: str = ""


def send_time_fields(message: Message) -> SendTimeFields:
    """Return what was typed, if it was refused, and else the time that is set."""
    zone = zone_of(message)
    chosen = message.send_at.astimezone(zone) if message.send_at else None
    if "send_at" in request.form:
        try:
            chosen = datetime.fromisoformat(request.form["send_at"]).replace(tzinfo=zone)
        except ValueError:
            return SendTimeFields(request.form["send_at"], zone.key)
    if chosen is None:
        return SendTimeFields("", zone.key)
    local = chosen.strftime("%Y-%m-%dT%H:%M")
    if not is_shown_twice(chosen):
        return SendTimeFields(local, zone.key)
    twice = tuple((name, clock_words(chosen.replace(fold=fold))) for name, fold in FOLDS.items())
    return SendTimeFields(local, zone.key, twice, [*FOLDS][chosen.fold])


def typed_time(message: Message) -> datetime | None:
    """Return the time from the form; None for at once, raises Invalid.

    Without an offset it is in the message's zone.
    """
    typed = request.form.get("send_at", "")
    if request.form.get("when") == "then" and not typed:
        raise Invalid("Please enter a time.")
    if request.form.get("when") == "now" or not typed:
        return None
    try:
        local = datetime.fromisoformat(typed)
    except ValueError:
        raise Invalid("This is not a date and time such as 2027-01-31T09:00.") from None
    fold = FOLDS.get(request.form.get("which_hour", ""))
    return instant_of(local, zone_of(message), fold=fold)


def clock_words(moment: datetime) -> str:
    """Format a time as clocks in its own zone show it, in the reader's language."""
    assert isinstance(moment.tzinfo, ZoneInfo)
    return format_moment(moment, page_language(), moment.tzinfo)


def zone_of(message: Message) -> ZoneInfo:
    """Return the zone in which the send time was chosen; before that, the reader's."""
    return ZoneInfo(message.send_zone) if message.send_zone else page_zone()


def typed_rules() -> SendoutRules:
    """Return the rules from the form, where empty means no rule; raises Invalid for half a rule."""
    copies, minutes, opens, closes, span = (
        request.form.get(name, "").strip()
        for name in (
            "rate_copies",
            "rate_minutes",
            "window_opens",
            "window_closes",
            "span_minutes",
        )
    )
    if bool(copies) != bool(minutes):
        raise Invalid("A rate needs both a number of copies and a number of minutes.")
    if bool(opens) != bool(closes):
        raise Invalid("A window needs both an opening and a closing time.")
    return SendoutRules(
        Rate.read(f"{copies}/{minutes}") if copies else None,
        (Window(clock_of(opens), clock_of(closes)),) if opens else None,
        Span.read(span) if span else None,
    )


def forecast_of(
    message: Message, dispatch: Dispatch | None = None, copies: int | None = None
) -> Plan | None:
    """Forecast the message's sendout; `copies` are still to be sent."""
    return forecast.plan(g.session, message, organisation_zone(), dispatch=dispatch, copies=copies)


def start_of(message: Message, dispatch: Dispatch) -> Plan:
    """Forecast only when copies may be sent, for the first time or again."""
    return forecast.plan_start(message, organisation_zone(), dispatch)
