"""Set up templates: gettext, the reader and their rights, filters for times and sendouts."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_timedelta
from flask import Flask, current_app, g
from markupsafe import Markup, escape

from models import Decision, Right, SendoutRules
from models.clock import now
from notifications.wording import languages
from notifications.wording.deciders import decider
from notifications.wording.languages import translations
from notifications.wording.sendout_words import pace_words, span_words, window_words
from portal.web.i18n import page_language
from portal.web.navigation import nav_links
from portal.web.sign_in import reader
from settings import Settings
from workflows.sendout.forecast import Plan


def configure_templates(app: Flask) -> None:
    """Register gettext, the filters and the variables of every template."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: translations(page_language()).gettext(text),
        lambda *texts: translations(page_language()).ngettext(*texts),
        newstyle=True,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters |= {"time_text": time_text, "when": when, "age": age}
    app.jinja_env.filters |= {"rate": rate, "window": window, "span": span}
    app.jinja_env.filters |= {"decider": decider_text, "day": day}
    # A global: macros that are imported without context mark the field.
    app.jinja_env.globals["refused_field"] = lambda: g.get("refused_field", "")
    app.context_processor(template_variables)


def template_variables() -> dict[str, Any]:
    """Return the variables of every template."""
    user = reader()
    return {
        "language": page_language().value,
        "reader": user,
        "may": lambda right, list_id=None: user is not None and user.may(right, list_id),
        "may_somewhere": lambda right: user is not None and user.may_somewhere(right),
        "Right": Right,
        "nav_links": nav_links,
        "refusal": g.get("refusal"),
        "organisation_zone": organisation_zone,
    }


def page_zone() -> ZoneInfo:
    """Return the reader's time zone, or else the organisation's."""
    user = reader()
    return ZoneInfo(user.time_zone) if user and user.time_zone else organisation_zone()


def time_text(moment: datetime) -> str:
    """Format a time in the reader's language and zone."""
    return languages.format_moment(moment, page_language(), page_zone())


def when(moment: datetime) -> Markup:
    """Return the same as a <time> element."""
    return Markup('<time datetime="{}">{}</time>').format(
        moment.isoformat(), escape(time_text(moment))
    )


def age(moment: datetime) -> str:
    """Format the time that has passed, at least a minute, in the reader's language."""
    passed = max(now() - moment, timedelta(minutes=1))
    return format_timedelta(passed, locale=page_language().value)


def day(moment: date) -> str:
    """Format a date in the reader's language."""
    return languages.format_day(moment, page_language())


def decider_text(decision: Decision) -> str:
    """Return who decided, and for whom, in the reader's language."""
    return decider(decision, page_language())


def organisation_zone() -> ZoneInfo:
    """Return the organisation's time zone, in which windows open for every reader."""
    settings: Settings = current_app.config["LISTGATE"]
    return settings.zone_info


def rate(rules: SendoutRules) -> str:
    """Describe a rate in the reader's language."""
    return pace_words(rules, page_language())


def window(rules: SendoutRules) -> str:
    """Describe a window in the reader's language."""
    return window_words(rules.windows, organisation_zone(), page_language())


def span(plan: Plan) -> str:
    """Describe the duration of a sendout in the reader's language."""
    assert plan.begins_at is not None
    assert plan.ends_at is not None
    assert plan.copies is not None
    return span_words(plan.begins_at, plan.ends_at, copies=plan.copies, language=page_language())
