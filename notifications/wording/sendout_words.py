"""Rates, windows and forecasts of a sendout in words: for letters, pages and the audit log."""

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

from babel.dates import format_timedelta
from babel.numbers import format_decimal

from models import Language, Rate, Window
from notifications.wording.languages import translations

# Marks a sentence for babel; it is translated where it is used.
_ = str


def rate_words(rate: Rate | None, language: Language) -> str:
    """Return how fast copies are sent."""
    gettext = translations(language).gettext
    if rate is None:
        return gettext(_("as fast as the mail relay takes them"))
    copies = format_decimal(rate.copies, locale=language.value)
    if rate.minutes == 1:
        return gettext(_("at most %(copies)s a minute")) % {"copies": copies}
    return gettext(_("at most %(copies)s every %(minutes)s minutes")) % {
        "copies": copies,
        "minutes": rate.minutes,
    }


def window_words(windows: Sequence[Window] | None, zone: tzinfo, language: Language) -> str:
    """Return when copies may be sent, and in which time zone."""
    if windows is None:
        return translations(language).gettext(_("at any time"))
    return f"{window_hours(windows)} ({zone})"


def window_hours(windows: Sequence[Window]) -> str:
    """Return the windows, each with a dash between its two times."""
    return ", ".join(f"{one.opens:%H:%M}–{one.closes:%H:%M}" for one in windows)  # noqa: RUF001


def span_words(begins_at: datetime, ends_at: datetime, *, copies: int, language: Language) -> str:
    """Return how long a sendout takes."""
    gettext = translations(language).gettext
    return gettext(_("about %(span)s for %(copies)s copies")) % {
        "span": format_timedelta(ends_at - begins_at, threshold=1.5, locale=language.value),
        "copies": format_decimal(copies, locale=language.value),
    }


def recorded_words(detail: Mapping[str, Any], language: Language) -> str:
    """Return the sendout rules that an entry of the audit log contains."""
    rate, window = detail["rate"], detail["window"]
    parts = [rate_words(Rate.read(rate) if rate else None, language)]
    if window:
        parts.append(window_hours([Window.read(window)]))
    return ", ".join(parts)
