"""`listgate user away` and `listgate user back`."""

from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from sqlalchemy.orm import Session

from models import Absence, Actor, Invalid, User
from portal.cli.options import Address, acting, row_number
from settings import settings
from workflows import access
from workflows.people.absences import Away, absences_ahead, end_absence, set_absence, today


def day(text: str) -> date:
    """Parse a date such as 2027-01-31."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("write it as in 2027-01-31") from None


Day = Annotated[date, typer.Argument(parser=day, metavar="LAST", help="The last day away.")]
FirstDay = Annotated[
    date | None,
    typer.Option("--first", parser=day, metavar="DAY", help="The first day away; else today."),
]
Number = Annotated[
    int | None,
    typer.Option("--change", parser=row_number, metavar="NUMBER", help="The absence to change."),
]


def away(
    address: Address,
    last: Day,
    *,
    first: FirstDay = None,
    deputy: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Who answers requests meanwhile.")
    ] = "",
    change: Number = None,
) -> None:
    """Enter that a person is away; the days are of the person's time zone."""
    with acting() as (session, done):
        user = access.user_with_address(session, address)
        stands_in = access.user_with_address(session, deputy) if deputy else None
        zone = ZoneInfo(user.time_zone) if user.time_zone else settings.zone_info
        days = Away(first or today(zone), last, zone, stands_in)
        absence = set_absence(session, user, days, actor=Actor.operator(), number=change)
        session.flush()
        done(f"Absence {absence.id}: {user.name} is {absence_words(absence)}.")


def back(address: Address) -> None:
    """End a person's absence, or cancel the next one."""
    with acting() as (session, done):
        user = access.user_with_address(session, address)
        ahead = absences_ahead(session, [user])
        if not ahead:
            raise Invalid("%(user)s has no absence to end.", user=user)
        days = absence_words(ahead[0])
        end_absence(session, user, ahead[0].id, actor=Actor.operator())
        done(f"{user.name} is no longer {days}.")


def absences_text(session: Session, user: User) -> str:
    """Return the person's current and future absences."""
    return "; ".join(absence_words(one) for one in absences_ahead(session, [user]))


def absence_words(absence: Absence) -> str:
    """Return an absence as the end of a sentence."""
    deputy = f"deputy: {absence.deputy.name}" if absence.deputy else "no deputy"
    return f"away from {absence.first_day} to {absence.last_day} ({deputy})"
