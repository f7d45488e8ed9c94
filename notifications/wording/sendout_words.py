"""Rates, windows and what is foreseen of a sendout, in words: for letters, pages and the trail."""

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

from babel.dates import format_timedelta
from babel.numbers import format_decimal

from models import Language, Rate, Window
from notifications.wording.languages import translations

# Marks a sentence for translators' tools; it is looked up when it is told.
_ = str


def rate_words(rate: Rate | None, language: Language) -> str:
    """How fast copies leave."""
    say = translations(language).gettext
    if rate is None:
        return say(_("as fast as the mail relay takes them"))
    copies = format_decimal(rate.copies, locale=language.value)
    if rate.minutes == 1:
        return say(_("at most %(copies)s a minute")) % {"copies": copies}
    return say(_("at most %(copies)s every %(minutes)s minutes")) % {
        "copies": copies,
        "minutes": rate.minutes,
    }


def window_words(windows: Sequence[Window] | None, zone: tzinfo, language: Language) -> str:
    """When copies may leave, and whose clocks tell it."""
    if windows is None:
        return translations(language).gettext(_("at any time"))
    return f"{hours(windows)} ({zone})"


def hours(windows: Sequence[Window]) -> str:
    """The windows, with the dash that stands between two times."""
    return ", ".join(f"{one.opens:%H:%M}–{one.closes:%H:%M}" for one in windows)  # noqa: RUF001


def span_words(begins_at: datetime, ends_at: datetime, *, copies: int, language: Language) -> str:
    """How long a sendout takes."""
    say = translations(language).gettext
    return say(_("about %(span)s for %(copies)s copies")) % {
        "span": format_timedelta(ends_at - begins_at, threshold=1.5, locale=language.value),
        "copies": format_decimal(copies, locale=language.value),
    }


def recorded_words(detail: Mapping[str, Any], language: Language) -> str:
    """The rules that an entry of the audit trail has kept."""
    rate, window = detail["rate"], detail["window"]
    told = [rate_words(Rate.read(rate) if rate else None, language)]
    if window:
        told.append(hours([Window.read(window)]))
    return ", ".join(told)
