"""The name of each right, and what it allows."""

from collections.abc import Callable, Mapping

from models import Right

Translate = Callable[[str], str]

# Functions, so that pybabel finds the words in `_("...")`.
WORDS: Mapping[Right, Callable[[Translate], tuple[str, str]]] = {
    Right.EDIT_LISTS: lambda _: (
        _("Edit lists"),
        _("Create and change mailing lists, and decide who is on them."),
    ),
    Right.VIEW_LISTS: lambda _: (
        _("View lists"),
        _("See the mailing lists and how they are set up."),
    ),
    Right.SEND_MESSAGES: lambda _: (
        _("Send messages"),
        _("Send without asking for approval; stop and recall what others send."),
    ),
    Right.VIEW_OUTBOX: lambda _: (
        _("View the outbox"),
        _("See which messages are waiting, scheduled or sent."),
    ),
    Right.SCHEDULE_SENDOUT: lambda _: (
        _("Schedule sendouts"),
        _("Set when and how fast a message is sent."),
    ),
    Right.WRITE_MESSAGES: lambda _: (
        _("Write messages"),
        _("Write messages; sending them without approval is another right."),
    ),
    Right.EDIT_USERS: lambda _: (
        _("Edit users"),
        _("Invite, change, disable and remove people, and edit roles."),
    ),
    Right.VIEW_USERS: lambda _: (
        _("View users"),
        _("See people, their lists and what they did."),
    ),
    Right.USE_APPROVER_LISTS: lambda _: (
        _("Use approver lists"),
        _("Choose the approver list of a mailing list."),
    ),
    Right.CREATE_APPROVER_LISTS: lambda _: (
        _("Create approver lists"),
        _("Create new approver lists."),
    ),
    Right.EDIT_APPROVER_LISTS: lambda _: (
        _("Edit approver lists"),
        _("Change who is on an approver list, and so who may approve and reject."),
    ),
    Right.DELETE_APPROVER_LISTS: lambda _: (
        _("Delete approver lists"),
        _("Delete approver lists that no mailing list uses."),
    ),
}
