"""Who decided: an approver, or a deputy for one."""

from models import Decision, Language
from notifications.wording.languages import translations


def decider(decision: Decision, language: Language) -> str:
    """Return the name of who decided, and for whom."""
    absent = decision.for_whom.name if decision.for_whom else None
    return in_place_of(decision.approver.name, absent, language)


def in_place_of(name: str, absent: str | None, language: Language) -> str:
    """Return the name, and for whom a deputy acts, in a form that fits into any sentence."""
    if not absent:
        return name
    gettext = translations(language).gettext
    return gettext("%(deputy)s (for %(absent)s)") % {"deputy": name, "absent": absent}
