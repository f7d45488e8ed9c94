"""Every command and every public task in the name of a person, as each person, on two lists.

Commands without `--as` are the operator's, who may do anything; pages are in `table.py`.
"""

import json
from collections.abc import Iterator
from typing import Any, Final, NamedTuple
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Actor, Refusal, SelfService, Trespass, User, WhoMayAsk
from models.database import new_session
from tests.builders import Cast, an_eml, listgate, person
from tests.portal.cli.commands import COMMANDS
from tests.portal.matrix.installation import Installation
from tests.portal.matrix.things import some_messages
from workflows.access import user_with_address
from workflows.celery import app
from workflows.lists.approver_lists import add_approver
from workflows.lists.lists import list_named
from workflows.people.users import grant
from workflows.public import declare
from workflows.subscriptions.subscribe import subscribe

# Members and authors write to announce, which is open.  Authors alone write to board, which is
# closed.  Both have a draft, a request and so on: announce of Ada's, board of Edsger's.
#
#     M  member of both lists, author on board: Edsger       O  approver of board: Alan
#     W  author everywhere: Ada                              P  approver of announce: Grace
#     B  administrator: Barbara     L  owner of announce: Lise     S  sender on announce: Sophie
#
#     y  done     -  not allowed     !  allowed, but not in its state
TABLE = """
    On which list, and for whom:                                        announce board
                                                                        MWOPBLS  MWOPBLS
listgate message submit - --list {list}                                 yy--yyy  yy--y--
listgate message hand-in {draft}                                        -y-----  y------
listgate message rewrite {draft} -                                      -y-----  y------
listgate message reschedule {scheduled} --send-at none                  -y--y-y  y---y--
listgate message split {draft} --undo                                   -y-----  y------
listgate message proof {draft}                                          -y-----  y------
listgate message copy {draft}                                           -y-----  y------
listgate message discard {draft} --yes                                  -y-----  y------
listgate message show {asked}                                           -y-yyyy  y-y-y--
listgate recall {scheduled}                                             -y--y-y  y---y--
listgate decide {request} approve                                       ---y---  --y----
listgate withdraw {request}                                             -y-----  y------
listgate sendout resume {stopped}                                       -y--y-y  y---y--
listgate sendout end {stopped}                                          -y--y-y  y---y--
listgate sendout winner {draft} {draft}                                 -!--!-!  !---!--
listgate sendout uncertain {sent} --resend                              ----y-y  ----y--
listgate sendout failed {sent}                                          ----y-y  ----y--

listgate.submit_message list={list} author_id={me} parcel={a_text}      yy--yyy  yy--y--
listgate.request_approval message_id={draft} author_id={me}             -y-----  y------
listgate.decide request_id={request} approver_id={me} verdict=approved  ---y---  --y----
listgate.withdraw request_id={request} author_id={me}                   -y-----  y------
listgate.recall message_id={scheduled} by_id={me}                       -y--y-y  y---y--
listgate.subscribe user_id={grace} list={list} by_id={me}               ---yyy-  ----y--
listgate.unsubscribe user_id={edsger} list={list} by_id={me}            y---yy-  ----y--
listgate.import_subscribers list={list} user_ids=[{grace}] by_id={me}   ----yy-  ----y--
listgate.create_list short_name=new parcel={a_list} by_id={me}          ----y--  ----y--
listgate.update_list list={list} self_service=on_request by_id={me}     ----yy-  ----y--
listgate.assign_approvers list={list} approver_list=unused by_id={me}   ----yy-  ----y--
listgate.archive_list list={list} by_id={me}                            ----!--  ----!--
listgate.unarchive_list list={list} by_id={me}                          ----y--  ----y--
listgate.push_list list={list} by_id={me}                               ----yy-  ----y--
listgate.add_person parcel={a_person} by_id={me}                        ----y--  ----y--
listgate.update_person user_id={edsger} language=fr by_id={me}          y---y--  y---y--
listgate.disable_person user_id={edsger} by_id={me}                     ----y--  ----y--
listgate.enable_person user_id={edsger} by_id={me}                      ----y--  ----y--
listgate.change_address user_id={edsger} parcel={an_address} by_id={me} y---y--  y---y--
listgate.remove_user user_id={edsger} by_id={me}                        ----y--  ----y--
"""

PEOPLE: Final = ("edsger", "ada", "alan", "grace", "barbara", "lise", "sophie")

# What there is for each list.
ROWS_OF_LISTS: Final = ("list", "draft", "asked", "request", "scheduled", "stopped", "sent")

# What commands read as a message.
EML: Final = an_eml()

# Commands with `--as` that everyone may use.
OPEN: Final = {("requests",): "it shows the requests that the person may answer"}

# Arguments of tasks that name who acts; without one, the service's scopes decide.
ACTORS: Final = {"by_id", "author_id", "approver_id"}

# Tasks that only a service with a key may call; the calls here are not signed.
SIGNED: Final = {"listgate.sync_people"}

# What tasks find in Redis, by its name in the table.
PARCELS: Final = {
    "an_address": "ewd@example.org",
    "a_text": '{"subject": "Plans", "text": "Dear members,"}',
    "a_person": '{"address": "new@example.org", "name": "New"}',
    "a_list": '{"address": "new@lists.example.org", "name": "New"}',
}
IDS: Final = {name: UUID(int=number) for number, name in enumerate(PARCELS)}
CONTENTS: Final = {IDS[name]: content for name, content in PARCELS.items()}


class Row(NamedTuple):
    """One line of the table; the marks are those of PEOPLE."""

    what: str
    on_announce: str
    on_board: str

    def __str__(self) -> str:
        return self.what

    @property
    def is_about_a_list(self) -> bool:
        """Whether it names a list or a row of one; if not, it is the same on both."""
        return any(f"{{{name}}}" in self.what for name in ROWS_OF_LISTS)

    @property
    def command(self) -> tuple[str, ...]:
        """The command, without its arguments; empty for a task."""
        program, *words = self.what.split()
        one_or_two = (tuple(words[:count]) for count in (2, 1) if program == "listgate")
        return next((each for each in one_or_two if each in COMMANDS), ())


ROWS: Final = [Row(*line.rsplit(maxsplit=2)) for line in TABLE.splitlines() if line[:1].strip()]


def test_every_command_in_the_name_of_a_person_has_a_row() -> None:
    governed = {
        words
        for words, command in COMMANDS.items()
        if any("--as" in option.opts for option in command.params)
    }

    assert sorted(row.command for row in ROWS if row.command) == sorted(governed - OPEN.keys())


def test_every_public_task_in_the_name_of_a_person_has_a_row() -> None:
    governed = {
        name
        for name, operation in declare.PUBLIC.items()
        if ACTORS & operation.arguments.model_fields.keys()
    }

    assert sorted(row.what.split()[0] for row in ROWS if not row.command) == sorted(
        governed - SIGNED
    )


Things = dict[str, dict[str, object]]
Cell = tuple[Row, str, str]  # with the list and the person


@pytest.fixture(scope="module")
def things(installation: Installation) -> Iterator[Things]:
    """What the table names in braces, for each list."""
    with new_session.begin() as session:
        add_holders(session)
        of_board = some_messages(session, cast_of_board(session))
        list_named(session, "announce").who_may_ask = WhoMayAsk.MEMBERS
        board = list_named(session, "board")
        board.who_may_ask, board.self_service = WhoMayAsk.AUTHORS, SelfService.CLOSED
        people = users(session)
    installation.published.clear()
    of_both = IDS | {who: user.id for who, user in people.items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(declare, "content", CONTENTS.__getitem__)
        yield {
            "announce": {**installation.things, **of_both, "list": "announce"},
            "board": {**of_board, **of_both, "list": "board"},
        }


def users(session: Session) -> dict[str, User]:
    """Return the people of the table by name."""
    every = {user.address.partition("@")[0]: user for user in session.scalars(select(User))}
    return {who: every[who] for who in PEOPLE}


def add_holders(session: Session) -> None:
    """Add the owner and the sender of announce, and let Edsger write to board."""
    operator = Actor.operator()
    announce, board = list_named(session, "announce"), list_named(session, "board")
    grant(session, person(session, "Lise Meitner"), "owner", on=announce, actor=operator)
    grant(session, person(session, "Sophie Germain"), "sender", on=announce, actor=operator)
    known = users(session)
    grant(session, known["edsger"], "author", on=board, actor=operator)
    for member in ("edsger", "barbara"):
        subscribe(session, known[member], board, actor=operator)


def cast_of_board(session: Session) -> Cast:
    """Return the cast in which Edsger writes to board, and Alan approves."""
    board, known = list_named(session, "board"), users(session)
    linus = user_with_address(session, "linus@example.org")
    assert board.approver_list
    # Someone has to be asked about Alan's own message.
    add_approver(session, board.approver_list, linus, actor=Actor.operator())
    return Cast(
        ada=known["edsger"],
        grace=known["alan"],
        linus=linus,
        barbara=known["barbara"],
        edsger=known["grace"],
        approvers=board.approver_list,
        announce=board,
    )


def test_each_person_may_do_what_the_table_says_and_a_refusal_changes_nothing(
    installation: Installation, things: Things
) -> None:
    expected = dict(cell for row in ROWS for cell in cells(row))
    before = installation.first_rows_without_refusals

    with installation.undone():
        found = {cell: mark(things, *cell) for cell in expected if expected[cell] != "y"}
        assert installation.rows(refusals=False) == before
        assert installation.published == []
    for cell in expected.keys() - found.keys():
        with installation.undone():
            found[cell] = mark(things, *cell)

    assert found == expected


def cells(row: Row) -> Iterator[tuple[Cell, str]]:
    """Yield who tries it on which list, each with the mark in the table.

    Who gets the same answer on both lists tries it on announce only: what they are to board, they
    are to announce, or another person is.
    """
    assert row.is_about_a_list or row.on_board == row.on_announce
    for who, mark, other in zip(PEOPLE, row.on_announce, row.on_board, strict=True):
        yield (row, "announce", who), mark
        if other != mark:
            yield (row, "board", who), other


def mark(things: Things, row: Row, on: str, who: str) -> str:
    """Do it as this person, and return the mark."""
    what = row.what.format_map({**things[on], "me": things[on][who]})
    try:
        if row.command:
            run_command(what, who)
        else:
            call_task(what, who)
    except Trespass:
        return "-"
    except Refusal:
        return "!"
    return "y"


def run_command(what: str, who: str) -> None:
    _, *words = what.split()
    result = listgate(*words, "--as", f"{who}@example.org", stdin=EML)
    assert result.exit_code == 0, result.output


def call_task(what: str, key: str) -> None:
    name, *arguments = what.split()
    given = dict(each.split("=") for each in arguments)
    app.tasks[name](**{name: value(given[name]) for name in given}, idempotency_key=key)


def value(text: str) -> Any:
    """Read an argument: JSON for numbers and lists of them, anything else is a text."""
    try:
        return json.loads(text)
    except ValueError:
        return text
