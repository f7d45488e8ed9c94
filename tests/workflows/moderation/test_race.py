"""The first answer wins (P1): nine processes answer and withdraw the same requests at once."""

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from random import Random
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, create_engine, text

from models import Actor, Door, OutboxEntry, User, Verdict
from models.clock import now
from models.database import engine, new_session
from tests.builders import ask, cast
from tests.databases import new_database
from workflows.moderation.decide import OWN_DOORS, decide, request_by_id, withdraw
from workflows.people.absences import Away, set_absence
from workflows.transaction import transaction

REQUESTS: Final = 8
PATIENCE: Final = 180  # seconds, of a machine that has much else to do; 15 are usual


class Role(NamedTuple):
    """A competitor and the answer it gives; a withdrawal has no verdict."""

    person: str
    verdict: Verdict | None
    via: Door

    @property
    def in_place(self) -> str:
        """For whom a deputy answers, at the end of a row."""
        return " for Grace Hopper" if self.person == DEPUTY else ""


DEPUTY: Final = "Edsger Dijkstra"

# The same person may well answer twice, and differently.
ROLES: Final = (
    Role("Grace Hopper", Verdict.APPROVED, Door.PORTAL),
    Role("Linus Torvalds", Verdict.REJECTED, Door.MAIL),
    Role("Ada Lovelace", None, Door.PORTAL),
    Role("Grace Hopper", Verdict.REJECTED, Door.SMS),
    Role(DEPUTY, Verdict.APPROVED, Door.LINK),
    Role("Grace Hopper", Verdict.APPROVED, Door.COMMAND_LINE),
    Role("Ada Lovelace", None, Door.COMMAND_LINE),
    Role("Linus Torvalds", Verdict.REJECTED, Door.SERVICE),
    Role("Grace Hopper", Verdict.SENT_BACK, Door.LINK),
)


# Each contests some requests alone, so that each wins some however the processes are scheduled.
SOLE: Final = (*Verdict, None)


class Attempt(NamedTuple):
    """The outcome of one answer; times are of the clock that all processes share."""

    request_id: int
    role: Role
    outcome: str  # "won", or the class of the exception
    sentence: str
    began: float
    ended: float


class Task(NamedTuple):
    """The arguments of each process: the people and the requests to answer."""

    people: dict[str, int]
    requests: list[int]


class Race(NamedTuple):
    """All attempts at each request, and where to look what became of it."""

    attempts: dict[int, list[Attempt]]
    winners: dict[int, Role]
    database: Engine


def answer(request_id: int, role: Role, people: dict[str, int]) -> None:
    with transaction() as session:
        request = request_by_id(session, request_id)
        person = session.get_one(User, people[role.person])
        if role.verdict is None:
            withdraw(session, request, actor=Actor(person, role.via))
        else:
            decide(session, request, role.verdict, actor=Actor(person, role.via), comment="so")


def attempt(request_id: int, role: Role, people: dict[str, int]) -> Attempt:
    began, outcome, sentence = time.monotonic(), "won", ""
    try:
        answer(request_id, role, people)
    except Exception as exception:
        outcome, sentence = type(exception).__name__, str(exception)
    return Attempt(request_id, role, outcome, sentence, began, time.monotonic())


def roles_at(position: int) -> list[Role]:
    """Return the role of each process at this request.

    They are drawn: processes that win in turn, as on two cores, would win with the same roles
    again and again if the roles took turns, too.
    """
    which = position % (2 * len(SOLE))
    competing = [role for role in ROLES if which >= len(SOLE) or role.verdict is SOLE[which]]
    return Random(position).sample(competing * len(ROLES), len(ROLES))  # noqa: S311, not a secret


def run(number: int, task: Task, start: Barrier, finish: Connection) -> None:
    """One process: at each request, wait until all are there, then answer."""
    new_session.kw["bind"].dispose(close=False)  # The connections are those of the tests.
    attempts = []
    for position, request_id in enumerate(task.requests):
        start.wait(PATIENCE)
        attempts.append(attempt(request_id, roles_at(position)[number], task.people))
    finish.send(attempts)


def prepare() -> Task:
    """The cast by name, and the open requests; Grace is away, and Edsger her deputy."""
    with transaction() as session:
        people = cast(session)
        today, grace = now().date(), people.grace
        away = Away(today, today + timedelta(days=1), ZoneInfo("UTC"), people.edsger)
        set_absence(session, grace, away, actor=Actor(grace, Door.PORTAL))
        requests = [ask(session, people).id for _ in range(REQUESTS)]
    return Task({person.name: person.id for person in people[:5]}, requests)


def silence(entries: Sequence[OutboxEntry]) -> None:
    """Publish nothing: this race does not need the broker."""


def compete() -> list[Attempt]:
    """Let as many processes as there are roles answer every request."""
    task = prepare()
    # Copies of this process, which has imported everything and compiled statements.
    copies = get_context("fork")
    start = copies.Barrier(len(ROLES))
    ends = [copies.Pipe(duplex=False) for _ in ROLES]
    processes = [
        copies.Process(target=run, args=(number, task, start, end), daemon=True)
        for number, (_, end) in enumerate(ends)
    ]
    for process in processes:
        process.start()
    finished = [result for result, _ in ends if result.poll(PATIENCE)]
    assert len(finished) == len(ROLES), "a process did not finish"
    attempts = [each for result in finished for each in result.recv()]
    for process in processes:
        process.join(PATIENCE)
    return attempts


@pytest.fixture(scope="module")
def race(template: str) -> Iterator[Race]:
    with new_database(template) as url:
        own = create_engine(url, hide_parameters=True)
        new_session.configure(bind=own)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("workflows.transaction.publish", silence)
            attempts = compete()
        new_session.configure(bind=engine)
        by_request = defaultdict(list)
        for each in attempts:
            by_request[each.request_id].append(each)
        winners = {each.request_id: each.role for each in attempts if each.outcome == "won"}
        yield Race(by_request, winners, own)
        own.dispose()


# What the refusals say, by the verdict that won.
ALREADY: Final = {
    Verdict.APPROVED: "already approved",
    Verdict.REJECTED: "already rejected",
    Verdict.SENT_BACK: "already sent this message back",
    None: "was withdrawn",
}

Consequences = tuple[str, str, list[str] | None, list[str] | None, list[str] | None, list[str]]


def consequences(race: Race, verdict: Verdict | None) -> dict[int, Consequences]:
    """Return the rows of every request that this verdict has won.

    The states of request and message; its decisions, dispatches, letters that it came back; what
    the audit trail has besides the asking.
    """
    won = [request_id for request_id, role in race.winners.items() if role.verdict is verdict]
    assert won, "no process has won with this verdict"
    statement = """
        select request.id, request.state, message.state,
            (select array_agg(one.name || ' ' || verdict || ' ' || via
                    || coalesce(' for ' || absent.name, ''))
                from decision join "user" one on one.id = approver_id
                    left join "user" absent on absent.id = for_id
                where request_id = request.id),
            (select array_agg(state) from dispatch where message_id = message.id),
            (select array_agg(letter || ' ' || state) from notification
                where message_id = message.id
                    and letter in ('SysMsgMessageRejected', 'SysMsgMessageSentBack')),
            (select array_agg(act || ' ' || actor || ' ' || door
                    || coalesce(' for ' || (detail ->> 'absent'), '')) from audit_entry
                where message_id = message.id and act not in ('wrote', 'asked'))
        from moderation_request request join message on message.id = message_id
        where request.id = any(:won)
    """
    with race.database.connect() as connection:
        found = connection.execute(text(statement), {"won": won}).all()
    return {request_id: tuple(rest) for request_id, *rest in found}


def test_exactly_one_of_nine_simultaneous_answers_wins(race: Race) -> None:
    wins = [[each.outcome for each in group].count("won") for group in race.attempts.values()]

    assert wins == [1] * REQUESTS


def test_every_later_answer_is_refused_with_the_name_of_the_first(race: Race) -> None:
    for request_id, attempts in race.attempts.items():
        winner = race.winners[request_id]
        outcomes = {each.outcome for each in attempts} - {"won"}
        assert outcomes == {"AlreadyDecided" if winner.verdict else "NoLongerOpen"}
        for each in attempts:
            said = ALREADY[winner.verdict]
            if winner.verdict and winner.person == each.role.person and each.role.via in OWN_DOORS:
                said = f"You have {said}"
            elif winner.verdict:
                said = f"{winner.person} has {said}"
            assert said in each.sentence or each.outcome == "won"


def test_an_approval_leads_to_one_dispatch_and_no_letter(race: Race) -> None:
    assert consequences(race, Verdict.APPROVED) == {
        request_id: (
            "decided",
            "scheduled",
            [f"{role.person} approved {role.via}{role.in_place}"],
            ["waiting"],
            None,
            [f"approved {role.person} {role.via}{role.in_place}"],
        )
        for request_id, role in race.winners.items()
        if role.verdict is Verdict.APPROVED
    }


def test_a_rejection_leads_to_one_letter_and_no_dispatch(race: Race) -> None:
    assert consequences(race, Verdict.REJECTED) == {
        request_id: (
            "decided",
            "rejected",
            [f"{role.person} rejected {role.via}"],
            None,
            ["SysMsgMessageRejected pending"],
            [f"rejected {role.person} {role.via}"],
        )
        for request_id, role in race.winners.items()
        if role.verdict is Verdict.REJECTED
    }


def test_a_message_sent_back_leads_to_a_draft_and_one_letter(race: Race) -> None:
    assert consequences(race, Verdict.SENT_BACK) == {
        request_id: (
            "decided",
            "draft",
            [f"{role.person} sent_back {role.via}"],
            None,
            ["SysMsgMessageSentBack pending"],
            [f"sent_back {role.person} {role.via}"],
        )
        for request_id, role in race.winners.items()
        if role.verdict is Verdict.SENT_BACK
    }


def test_a_withdrawal_leads_to_a_draft_and_nothing_else(race: Race) -> None:
    assert consequences(race, None) == {
        request_id: (
            "withdrawn",
            "draft",
            None,
            None,
            None,
            [f"withdrew {role.person} {role.via}"],
        )
        for request_id, role in race.winners.items()
        if role.verdict is None
    }


def test_the_answers_really_came_at_once(race: Race) -> None:
    """Prove that the nine answers overlapped, which the tests above assume."""
    contested = 0
    for attempts in race.attempts.values():
        (won,) = [each for each in attempts if each.outcome == "won"]
        contested += sum(each.began < won.ended for each in attempts) > 2

    # Not how many: that is up to the machine.
    assert contested > REQUESTS / 10
