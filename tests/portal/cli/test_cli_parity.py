"""What the pages can do, the command line can do, and the reverse.

A verb is a function of `workflows` that takes an Actor, or records an act itself.
"""

import inspect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from functools import cache
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest

from tests.portal.cli.commands import COMMANDS
from tests.portal.visitors import an_app, page_rules
from workflows.lists.lists import ListChanges, NewList
from workflows.people.contacts import ContactChanges

# Verbs that no command calls, and why.
ONLY_PAGES = {
    "lists.list_sets.change_lists": "`list-set add` and `list-set remove` do one of the two",
    "people.credentials.change_password": "only its owner types a password",
    "people.credentials.note_log_in": "the command line has no log-in",
    "people.credentials.turn_on_codes": "it takes the owner's telephone",
    "people.recovery_codes.replace_recovery_codes": "only their owner may see them",
    "people.recovery_codes.use_recovery_code": "a log-in form",
    "people.roles.create_role": "`role define` creates a role, too",
    "people.roles.revoke_grant": "`user revoke` names the role and its place",
    "people.roles.set_roles": "`user grant` and `user revoke` change one role at a time",
    "subscriptions.requests.join": "the operator subscribes people, and asks no owner",
    "subscriptions.requests.withdraw": "a person takes their own request back",
    "subscriptions.subscribe.must_ask": "it only says whether a person asks or joins",
}

# Verbs that no page calls, and why.
ONLY_COMMANDS = {
    "lists.list_sets.add_lists": "a page adds and removes lists at once",
    "lists.list_sets.remove_lists": "a page adds and removes lists at once",
    "lists.lists.set_approvers": "a page adds or removes one approver at a time",
    "people.register_sync.apply_register": "a register comes from another program",
    "people.register_sync.read_register": "a register comes from another program",
    "people.register_sync.local_register": "the register of the command line",
    "people.roles.revoke": "a page sets all roles of a person at once",
    "sendout.hold.hold_sendouts": "only the operator stops every sendout",
    "sendout.hold.release_sendouts": "only the operator stops every sendout",
    "events.endpoints.add_endpoint": "only the operator lets other programs in",
    "events.endpoints.disable_endpoint": "only the operator lets other programs in",
    "events.endpoints.enable_endpoint": "only the operator lets other programs in",
    "events.endpoints.remove_endpoint": "only the operator lets other programs in",
    "events.endpoints.replay": "only the operator lets other programs in",
    "events.endpoints.rotate_secret": "only the operator lets other programs in",
    "events.endpoints.test_endpoint": "only the operator lets other programs in",
    "subscriptions.imports.list_for": "a page imports into a list that exists",
}

# What a form sends to a verb, and the command with an option or an argument for each part of it.
FORMS = {
    NewList: ("list", "create"),
    ListChanges: ("list", "set"),
    ContactChanges: ("user", "contact"),
}


def verbs_behind(functions: Iterable[Any]) -> set[str]:
    """Return the verbs that these functions call, themselves or through others of the portal."""
    found, ahead, seen = set(), list(functions), set()
    while ahead:
        function = inspect.unwrap(ahead.pop())
        if function in seen:
            continue
        seen.add(function)
        for called in named_in(function):
            if called.__module__.startswith("portal."):
                ahead.append(called)
            elif is_verb(called):
                found.add(f"{called.__module__}.{called.__qualname__}".removeprefix("workflows."))
    return found


def named_in(function: Any) -> Iterator[FunctionType]:
    """Yield every function that this one names, in a call, a table or an argument."""
    if not isinstance(function, FunctionType) or function.__name__ == "<lambda>":
        return
    names = names_in(function.__code__)
    for value in [function.__globals__.get(name) for name in names]:
        if isinstance(value, ModuleType):
            for name in names:
                yield from functions_in(getattr(value, name, None))
        else:
            yield from functions_in(value)


def names_in(code: CodeType) -> set[str]:
    """Return the globals and attributes that this code names, and the code inside it."""
    inside = [each for each in code.co_consts if isinstance(each, CodeType)]
    return {*code.co_names}.union(*map(names_in, inside))


def functions_in(value: Any) -> Iterator[FunctionType]:
    """Yield the value if it is a function, or the functions of a table."""
    values = value.values() if isinstance(value, Mapping) else [value]
    for each in values:
        if isinstance(each, FunctionType) and each.__name__ != "<lambda>":
            yield each


def is_verb(function: FunctionType) -> bool:
    """Whether the function of `workflows` acts for an actor."""
    if not function.__module__.startswith("workflows.") or function.__name__.startswith("require"):
        return False
    takes_actor = "actor" in inspect.signature(function).parameters
    return takes_actor or "record" in names_in(function.__code__)


@cache
def verbs_of_pages() -> set[str]:
    """Return the verbs behind every page of the portal."""
    app = an_app()
    return verbs_behind(app.view_functions[rule.endpoint] for rule in page_rules(app))


@cache
def verbs_of_commands() -> set[str]:
    """Return the verbs behind every command."""
    return verbs_behind(each.callback for each in COMMANDS.values() if each.callback)


def test_verbs_are_found_in_tables_in_helpers_and_behind_modules() -> None:
    table = an_app().view_functions["doubts.act"]
    helper = an_app().view_functions["messages.ask_or_send"]
    module = COMMANDS["user", "disable"].callback

    assert verbs_behind([table]) == {"sendout.doubts.resend", "sendout.doubts.settle"}
    assert verbs_behind([helper]) == {"messages.drafts.reschedule", "messages.write.hand_in"}
    assert verbs_behind([module]) == {"people.users.disable"}


def test_what_a_page_does_a_command_does_too() -> None:
    assert verbs_of_pages() - verbs_of_commands() == ONLY_PAGES.keys()


def test_what_a_command_does_a_page_does_too() -> None:
    assert verbs_of_commands() - verbs_of_pages() == ONLY_COMMANDS.keys()


@pytest.mark.parametrize("form", FORMS)
def test_a_command_has_an_option_for_every_field_of_a_form(form: type[Any]) -> None:
    options = {each.name for each in COMMANDS[FORMS[form]].params}

    assert {field.name for field in fields(form)} - options == set()
