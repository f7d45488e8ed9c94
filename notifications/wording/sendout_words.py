"""Rates, spans, windows and forecasts of a sendout in words: for letters, pages, the audit log."""

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

from babel.dates import format_timedelta
from babel.numbers import format_decimal
from babel.units import format_unit

from models import Language, Rate, SendoutRules, Span, Window
from notifications.wording.languages import translations

# Marks a sentence for babel; it is translated where it is used.
_ = str


def pace_words(rules: SendoutRules, language: Language) -> str:
    """Return how fast copies are sent."""
    gettext = translations(language).gettext
    parts = []
    if rules.span:
        parts.append(
            gettext(_("evenly over %(span)s")) % {"span": span_length(rules.span, language)}
        )
    if rules.rate:
        parts.append(rate_words(rules.rate, language))
    return ", ".join(parts) or gettext(_("as fast as the mail relay takes them"))


def rate_words(rate: Rate, language: Language) -> str:
    """Return how many copies are sent in which time."""
    gettext = translations(language).gettext
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


def span_length(span: Span, language: Language) -> str:
    """Return a span in hours if it is whole hours, and else in minutes."""
    hours, minutes = divmod(span.minutes, 60)
    number, unit = (span.minutes, "minute") if minutes else (hours, "hour")
    return format_unit(number, f"duration-{unit}", locale=language.value)


def recorded_words(detail: Mapping[str, Any], language: Language) -> str:
    """Return the sendout rules that an entry of the audit log contains."""
    rate, window, span = detail["rate"], detail["window"], detail.get("span")
    rules = SendoutRules(Rate.read(rate) if rate else None, None, Span.read(span) if span else None)
    parts = [pace_words(rules, language)]
    if window:
        parts.append(window_hours([Window.read(window)]))
    return ", ".join(parts)
