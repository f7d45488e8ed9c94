"""A right on a list counts for commands and for tasks as on pages (test_matrix_rights.py)."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest
from sqlalchemy import select

from models import Right, Trespass, User
from models.database import new_session
from models.rights import LIST_RIGHTS
from tests.builders import listgate
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
    """What needs the right, and how a task and a command do it.

    Names in braces are things of the installation; `{me}` is the number of the person.
    """

    task: str
    right: Right
    arguments: Mapping[str, Any]
    command: tuple[str, ...] = ()


JOINING = {"user_id": "{grace}", "list": "announce", "by_id": "{me}"}
ACTS = (
    Act(
        "listgate.recall",
        Right.SEND_MESSAGES,
        {"message_id": "{scheduled}", "by_id": "{me}"},
        ("recall", "{scheduled}", "--as"),
    ),
    Act("listgate.subscribe", Right.EDIT_LISTS, JOINING),
    Act("listgate.unsubscribe", Right.EDIT_LISTS, {**JOINING, "user_id": "{edsger}"}),
    Act(
        "listgate.import_subscribers",
        Right.EDIT_LISTS,
        {"list": "announce", "user_ids": ["{grace}"], "by_id": "{me}"},
    ),
    Act("listgate.push_list", Right.EDIT_LISTS, {"list": "announce", "by_id": "{me}"}),
    Act("listgate.remove_user", Right.EDIT_USERS, {"user_id": "{edsger}", "by_id": "{me}"}),
)


@pytest.mark.parametrize("what", ACTS, ids=lambda one: one.task)
def test_every_door_asks_for_the_right_on_the_list(installation: Installation, what: Act) -> None:
    everywhere = with_rights(installation, what.right)
    in_a_set = with_rights_on(installation, TABLE, what.right)
    elsewhere = with_rights_on(installation, OTHER, what.right)
    allowed = {everywhere, in_a_set} if what.right in LIST_RIGHTS else {everywhere}

    answers = {
        who: doors_open(installation, what, who)
        for who in (everywhere, in_a_set, elsewhere, without(installation, what.right))
    }

    assert answers == {who: {who in allowed} for who in answers}


def doors_open(installation: Installation, what: Act, who: str) -> set[bool]:
    """Do it through each door, and undo it; return whether they let the person."""
    answers = set()
    for door in [task_does, command_does] if what.command else [task_does]:
        with installation.undone():
            answers.add(door(installation, what, who))
    return answers


def task_does(installation: Installation, what: Act, who: str) -> bool:
    """Whether the task does it in the name of this person."""
    arguments = {name: number(installation, value, who) for name, value in what.arguments.items()}
    try:
        app.tasks[what.task](**arguments, idempotency_key=who)
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
