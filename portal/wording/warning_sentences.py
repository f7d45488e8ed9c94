"""Warnings about the set-up of a list, as sentences."""

from collections.abc import Callable

from models import Language
from notifications.wording.languages import translations
from workflows.lists.checks import Doubt, Warned


def warning_text(warned: Warned, language: Language = Language.ENGLISH) -> str:
    """Return the sentence of a warning."""
    gettext = translations(language).gettext
    return SENTENCES[warned.doubt](gettext) % {"names": ", ".join(warned.names)}


# Functions, so that pybabel finds the sentences in `_("...")`.
SENTENCES: dict[Doubt, Callable[[Callable[[str], str]], str]] = {
    Doubt.NO_DESCRIPTION: lambda _: _(
        "The list has no description: people cannot see what they would join."
    ),
    Doubt.NO_APPROVERS: lambda _: _(
        "There are no approvers: only people who may send without approval can write to the list."
    ),
    Doubt.ALL_DISABLED: lambda _: _("All approvers are disabled: nobody can answer."),
    Doubt.APPROVER_DISABLED: lambda _: _("Disabled approvers: %(names)s."),
    Doubt.APPROVER_LACKS_RIGHTS: lambda _: _(
        "Approvers without the rights to read and send messages (605 and 601): %(names)s."
    ),
    Doubt.APPROVER_SUBSCRIBED: lambda _: _(
        "Approvers who are also members, and so get each message twice: %(names)s."
    ),
    Doubt.AUTHOR_SUBSCRIBED: lambda _: _(
        "Authors who are also members, and so get their own messages: %(names)s."
    ),
    Doubt.ONLY_APPROVER_WRITES: lambda _: _(
        "Four eyes: nobody can approve messages from %(names)s, who is the only approver."
    ),
    Doubt.SMS_STOPPED: lambda _: _(
        "All approvers chose SMS but have stopped it; they are asked by e-mail instead."
    ),
}
