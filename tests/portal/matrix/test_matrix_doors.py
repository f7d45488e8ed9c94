"""A right on a list counts alike on pages, for commands and for tasks."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest
from sqlalchemy import select

from models import Right, Trespass, User
from models.database import new_session
from models.rights import LIST_RIGHTS
from tests.builders import listgate
from tests.portal.matrix.forms import FORMS
from tests.portal.matrix.holders import (
    OTHER,
    TABLE,
    address_of,
    with_rights,
    with_rights_on,
    without,
)
from tests.portal.matrix.installation import Installation
from workflows.celery import app


class Act(NamedTuple):
    """What needs these rights, and how it is done through each door that it has.

    Names in braces are things of the installation; `{me}` is the number of the person.
    """

    name: str
    rights: frozenset[Right]
    page: str
    task: str = ""
    arguments: Mapping[str, Any] = {}
    command: tuple[str, ...] = ()


def act(name: str, *rights: Right, page: str, **doors: Any) -> Act:
    """An act of the table."""
    return Act(name, frozenset(rights), page, **doors)


JOINING = {"user_id": "{grace}", "list": "announce", "by_id": "{me}"}
ACTS = (
    act(
        "recall",
        Right.SEND_MESSAGES,
        page="/messages/{scheduled}/recall",
        task="listgate.recall",
        arguments={"message_id": "{scheduled}", "by_id": "{me}"},
        command=("recall", "{scheduled}", "--as"),
    ),
    act(
        "reschedule",
        Right.SEND_MESSAGES,
        Right.SCHEDULE_SENDOUT,
        page="/messages/{scheduled}/time",
    ),
    act(
        "subscribe",
        Right.EDIT_LISTS,
        page="/mailing-lists/{list}/subscribers",
        task="listgate.subscribe",
        arguments=JOINING,
    ),
    act(
        "unsubscribe",
        Right.EDIT_LISTS,
        page="/mailing-lists/{list}/subscribers/{edsger}/end",
        task="listgate.unsubscribe",
        arguments={**JOINING, "user_id": "{edsger}"},
    ),
    act(
        "import",
        Right.EDIT_LISTS,
        page="/mailing-lists/{list}/import",
        task="listgate.import_subscribers",
        arguments={"list": "announce", "user_ids": ["{grace}"], "by_id": "{me}"},
    ),
    act(
        "push",
        Right.EDIT_LISTS,
        page="/mailing-lists/{list}/pushes",
        task="listgate.push_list",
        arguments={"list": "announce", "by_id": "{me}"},
    ),
    act("edit", Right.EDIT_LISTS, page="/mailing-lists/{list}/details"),
    act(
        "assign",
        Right.EDIT_LISTS,
        Right.USE_APPROVER_LISTS,
        page="/mailing-lists/{list}/approvers",
    ),
    act(
        "remove",
        Right.EDIT_USERS,
        page="/users/{edsger}/removal",
        task="listgate.remove_user",
        arguments={"user_id": "{edsger}", "by_id": "{me}"},
    ),
    act("grant", Right.EDIT_USERS, page="/users/{edsger}/grants"),
    act("name approvers", Right.EDIT_APPROVER_LISTS, page="/approver-lists/{editors}/members"),
)


@pytest.mark.parametrize("what", ACTS, ids=lambda one: one.name)
def test_every_door_asks_for_the_right_on_the_list(installation: Installation, what: Act) -> None:
    everywhere = with_rights(installation, *what.rights)
    on_the_list = with_rights_on(installation, "announce", *what.rights)
    in_a_set = with_rights_on(installation, TABLE, *what.rights)
    refused = [with_rights_on(installation, OTHER, *what.rights), "alan"]
    refused += [without(installation, right) for right in what.rights]
    of_lists = [on_the_list, in_a_set]
    allowed = [everywhere, *(of_lists if what.rights <= LIST_RIGHTS else [])]

    answers = {
        who: doors_open(installation, what, who) for who in {everywhere, *of_lists, *refused}
    }

    assert answers == {who: {who in allowed} for who in answers}


def doors_open(installation: Installation, what: Act, who: str) -> set[bool]:
    """Do it through each door, and undo it; return whether they let the person."""
    doors = [page_opens, task_does if what.task else None, command_does if what.command else None]
    answers = set()
    for door in filter(None, doors):
        with installation.undone():
            answers.add(door(installation, what, who))
    return answers


def page_opens(installation: Installation, what: Act, who: str) -> bool:
    """Whether the form is accepted; anything but a refusal for lack of a right is an error."""
    fields = {name: installation.filled(value) for name, value in FORMS.get(what.page, {}).items()}
    fields["csrf_token"] = installation.keys[who].token
    path = what.page.format_map(installation.things)
    status = installation.send("POST", path, who=who, fields=fields).status_code
    assert status in {303, 403}
    return status == 303


def task_does(installation: Installation, what: Act, who: str) -> bool:
    """Whether the task does it in the name of this person."""
    assert what.task
    arguments = {name: number(installation, value, who) for name, value in what.arguments.items()}
    try:
        app.tasks[what.task](**arguments, idempotency_key=what.name)
    except Trespass:
        return False
    return True


def command_does(installation: Installation, what: Act, who: str) -> bool:
    """Whether the command does it as this person."""
    words = [word.format_map(installation.things) for word in what.command]
    try:
        listgate(*words, f"{address_of(who)}@example.org")
    except Trespass:
        return False
    return True


def number(installation: Installation, value: Any, who: str) -> Any:
    """An argument of a task: ids for the names in braces."""
    if isinstance(value, list):
        return [number(installation, one, who) for one in value]
    if value == "{me}":
        with new_session() as session:
            address = f"{address_of(who)}@example.org"
            return session.scalars(select(User.id).where(User.address == address)).one()
    filled = value.format_map(installation.things)
    return int(filled) if value.startswith("{") else filled
