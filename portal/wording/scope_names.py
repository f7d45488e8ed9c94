"""What each scope lets a service do, in words."""

from collections.abc import Callable, Mapping

from models import ActsFor, Scope

Translate = Callable[[str], str]

# Functions, so that pybabel finds the words in `_("...")`.
WORDS: Mapping[Scope, Callable[[Translate], str]] = {
    Scope.READ: lambda _: _("Read how messages, lists and people's subscriptions stand."),
    Scope.PEOPLE: lambda _: _("Add, change, disable and remove people."),
    Scope.LISTS: lambda _: _("Create and change lists, and push them."),
    Scope.SUBSCRIPTIONS: lambda _: _("Subscribe and unsubscribe people."),
    Scope.MESSAGES: lambda _: _("Write messages, ask for approval, withdraw and recall."),
    Scope.DECISIONS: lambda _: _("Approve and reject in the place of approvers."),
}

FOR_WHOM: Mapping[ActsFor, Callable[[Translate], str]] = {
    ActsFor.EVERYONE: lambda _: _("everyone"),
    ActsFor.OWN: lambda _: _("only people that it has brought"),
}
