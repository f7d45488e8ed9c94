"""What may be wrong with a list, in sentences."""

from collections.abc import Callable

from portal.web.i18n import gettext
from workflows.lists.checks import Doubt, Warned


def told(warned: Warned) -> str:
    """The sentence for a doubt, in the page's language."""
    return SENTENCES[warned.doubt](gettext) % {"names": ", ".join(warned.names)}


# Functions, so that the sentences stand in `_("...")` where translators' tools find them.
SENTENCES: dict[Doubt, Callable[[Callable[[str], str]], str]] = {
    Doubt.NO_DESCRIPTION: lambda _: _(
        "The list has no description: nobody can tell what they would join."
    ),
    Doubt.NO_APPROVERS: lambda _: _(
        "Nobody is there to approve: only those who may send by themselves can write to the list."
    ),
    Doubt.ALL_DISABLED: lambda _: _("All approvers are disabled: nobody can answer."),
    Doubt.APPROVER_DISABLED: lambda _: _("Among the approvers, but disabled: %(names)s."),
    Doubt.APPROVER_LACKS_RIGHTS: lambda _: _(
        "Approvers without the rights to read and send messages (605 and 601): %(names)s."
    ),
    Doubt.APPROVER_SUBSCRIBED: lambda _: _(
        "Approvers who are also on the list, and get each message twice, to approve it and as "
        "members: %(names)s."
    ),
    Doubt.AUTHOR_SUBSCRIBED: lambda _: _(
        "Authors who are also on the list, and get what they have written: %(names)s."
    ),
    Doubt.ONLY_APPROVER_WRITES: lambda _: _(
        "With four eyes, nobody can answer for messages of %(names)s, who is the only approver."
    ),
    Doubt.SMS_STOPPED: lambda _: _(
        "All approvers want to be asked by SMS but have stopped it; they are asked by e-mail."
    ),
}
