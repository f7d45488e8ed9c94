"""The three languages: their catalogs, and how each writes a time."""

from datetime import date, datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time, get_timezone_name
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from models import Language

CATALOGS = Path(__file__).parent.parent / "catalogs"


@cache
def translations(language: Language) -> NullTranslations:
    """Return the catalog of a language; English, the source language, has an empty one.

    The catalog is compiled here, in a few milliseconds, so that no compiled file can be outdated.
    """
    if language is Language.ENGLISH:
        return NullTranslations()
    compiled = BytesIO()
    with (CATALOGS / f"{language}.po").open("rb") as catalog:
        write_mo(compiled, read_po(catalog, locale=language))
    compiled.seek(0)
    return Translations(compiled)


def format_moment(moment: datetime, language: Language, zone: ZoneInfo) -> str:
    """Return the time as people of this language write it, to the minute, with its zone."""
    there = moment.astimezone(zone)
    day, time = format_day(there, language), format_time(there, "short", locale=language)
    return f"{day}, {time} {get_timezone_name(there, 'short', locale=language)}"


def format_day(day: date, language: Language) -> str:
    """Return the date as people of this language write it."""
    return format_date(day, "medium", locale=language)
