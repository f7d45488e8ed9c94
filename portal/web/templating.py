"""How a page speaks to its reader: language, time zone, and what they may do."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_timedelta
from flask import Flask, current_app, g
from markupsafe import Markup, escape

from models import Right, SendoutRules
from models.clock import now
from notifications.wording import languages
from notifications.wording.languages import translations
from notifications.wording.sendout_words import rate_words, span_words, window_words
from portal.web.i18n import page_language
from portal.web.navigation import places
from portal.web.sign_in import reader
from settings import Settings
from workflows.sendout.forecast import Plan


def teach(app: Flask) -> None:
    """Have templates know the reader, translate, and tell times."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: translations(page_language()).gettext(text),
        lambda *texts: translations(page_language()).ngettext(*texts),
        newstyle=True,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters |= {"told": told, "when": when, "age": age}
    app.jinja_env.filters |= {"rate": rate, "window": window, "span": span}
    app.context_processor(facts)


def facts() -> dict[str, Any]:
    """What every template may use."""
    user = reader()
    return {
        "language": page_language().value,
        "reader": user,
        "may": lambda right: user is not None and user.may(right),
        "Right": Right,
        "places": places,
        "refusal": g.get("refusal"),
        "house_zone": house_zone,
    }


def page_zone() -> ZoneInfo:
    """The reader's time zone, or the organisation's."""
    user = reader()
    return ZoneInfo(user.time_zone) if user and user.time_zone else house_zone()


def told(moment: datetime) -> str:
    """A time in the reader's language and zone."""
    return languages.format_moment(moment, page_language(), page_zone())


def when(moment: datetime) -> Markup:
    """The same for machines too."""
    return Markup('<time datetime="{}">{}</time>').format(moment.isoformat(), escape(told(moment)))


def age(moment: datetime) -> str:
    """How long ago it was, in the reader's language; a minute ago at least."""
    passed = max(now() - moment, timedelta(minutes=1))
    return format_timedelta(passed, locale=page_language().value)


def house_zone() -> ZoneInfo:
    """Whose clocks tell when windows open: the organisation's zone, whatever the reader's is."""
    settings: Settings = current_app.config["LISTGATE"]
    return settings.zone_info


def rate(rules: SendoutRules) -> str:
    """How fast copies leave, in the reader's language."""
    return rate_words(rules.rate, page_language())


def window(rules: SendoutRules) -> str:
    """When copies may leave, in the reader's language."""
    return window_words(rules.windows, house_zone(), page_language())


def span(plan: Plan) -> str:
    """How long the sendout takes, in the reader's language."""
    assert plan.begins_at is not None
    assert plan.ends_at is not None
    assert plan.copies is not None
    return span_words(plan.begins_at, plan.ends_at, copies=plan.copies, language=page_language())
