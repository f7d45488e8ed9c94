"""A sync beside another one, or beside a verb: what comes of both is that of one order."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from models import Actor, Refusal, Service, Subscription, User
from models.database import new_session
from tests.databases import empty, keep_rows
from tests.waiting import wait_for
from tests.workflows.locks import WAITING
from tests.workflows.people.registers import a_service, of_service, sync
from workflows.lists.lists import list_named
from workflows.people.addresses import change_address
from workflows.people.removal import remove_user
from workflows.people.users import add_user, disable, enable
from workflows.subscriptions.subscribe import subscribe
from workflows.transaction import transaction

OPERATOR = Actor.operator()
BEFORE = ["1,one@crm.example,One,en", "2,two@crm.example,Two,en", "3,three@crm.example,Three,en"]
# One moves, Two is missing, Three is renamed, Four is new.
AFTER = ["1,uno@crm.example,One,en", "3,three@crm.example,Drei,en", "4,four@crm.example,Four,en"]

State = dict[str, tuple[str, str, bool, bool, int]]
Verb = Callable[[Session, Service], object]


def syncing(session: Session, service: Service) -> object:
    # As PostgreSQL may plan for other sizes of the tables.
    session.execute(text("set local enable_hashjoin = off; set local enable_mergejoin = off"))
    return sync(session, service, AFTER)


def syncing_back(session: Session, service: Service) -> object:
    return sync(session, service, BEFORE)


def moving(session: Session, service: Service) -> object:
    one = of_service(session, service)["1"]
    return change_address(session, one, "four@crm.example", actor=OPERATOR)


def removing(session: Session, service: Service) -> object:
    return remove_user(session, of_service(session, service)["2"], actor=OPERATOR)


def subscribing(session: Session, service: Service) -> object:
    two = of_service(session, service)["2"]
    return subscribe(session, two, list_named(session, "announce"), actor=OPERATOR)


def adding(session: Session, _: Service) -> object:
    return add_user(session, "four@crm.example", "Vier", actor=OPERATOR)


def switching(session: Session, service: Service) -> None:
    found = of_service(session, service)
    disable(session, found["3"], actor=OPERATOR)
    enable(session, found["2"], actor=OPERATOR)


VERBS = [syncing_back, moving, removing, subscribing, adding, switching]


def state(session: Session, service: Service) -> State:
    """Return what is true of each of the service's people."""
    session.flush()
    session.expire_all()
    return {
        key: (
            user.address,
            user.name,
            user.disabled_at is None,
            user.removed_at is None,
            len(session.scalars(select(Subscription).filter_by(user_id=user.id)).all()),
        )
        for key, user in of_service(session, service).items()
    }


@cache  # for the sync beside each verb, whichever of them begins
def one_after_the_other(engine: Engine, service_id: int, *verbs: Verb) -> State:
    """Return what comes of the verbs in this order, and undo them; a refusal changes nothing."""
    with Session(engine) as session:
        service = session.get_one(Service, service_id)
        for verb in verbs:
            attempt(session, service, verb)
        found = state(session, service)
        session.rollback()
        return found


def attempt(session: Session, service: Service, verb: Verb) -> None:
    try:
        with session.begin_nested():
            verb(session, service)
    except Refusal:
        session.expire_all()


def in_thread(service_id: int, verb: Verb) -> bool:
    """Do it in a transaction; return whether it was refused."""
    try:
        with transaction() as session:
            verb(session, session.get_one(Service, service_id))
    except Refusal:
        return True
    return False


def until_waiting_or_done(engine: Engine, other: Future[bool]) -> None:
    def there() -> bool:
        with engine.connect() as connection:
            return other.done() or bool(connection.scalar(WAITING))

    wait_for("the other to wait or to end", there)


@pytest.fixture(scope="module")
def committed_rows(database_for_commits: Engine) -> str:
    """The cast, and the people whom a service has brought."""
    empty(database_for_commits, "with_cast")
    with Session(database_for_commits) as session, session.begin():
        sync(session, a_service(session), BEFORE)
        session.flush()
        keep_rows(session.connection(), "with_register")
    return "with_register"


@pytest.fixture
def service_id(own_database: Engine) -> int:
    """The id of the service."""
    with Session(own_database) as session:
        return session.scalars(select(Service.id)).one()


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("sync_first", [True, False])
@pytest.mark.usefixtures("published")
def test_two_at_once_do_what_they_would_do_one_after_the_other(
    own_database: Engine, service_id: int, verb: Verb, sync_first: bool
) -> None:
    first, second = (syncing, verb) if sync_first else (verb, syncing)
    orders = [(first, second), (second, first), (first,)]
    expected = [one_after_the_other(own_database, service_id, *each) for each in orders]

    with ThreadPoolExecutor(1) as threads:
        with new_session.begin() as session:
            first(session, session.get_one(Service, service_id))
            session.flush()
            other = threads.submit(in_thread, service_id, second)
            until_waiting_or_done(own_database, other)
        refused = other.result(60)

    with Session(own_database) as session:
        found = state(session, session.get_one(Service, service_id))
    assert found in expected[: 3 if refused else 2]


@pytest.mark.usefixtures("published")
def test_many_at_once_end_without_a_deadlock(own_database: Engine, service_id: int) -> None:
    verbs = [syncing, syncing_back, moving, subscribing, switching] * 2

    with ThreadPoolExecutor(4) as threads:
        done = [threads.submit(in_thread, service_id, verb) for verb in verbs]

    assert [type(each.exception()) for each in done] == [type(None)] * len(verbs)
    with Session(own_database) as session:
        users = session.scalars(select(User)).all()
        assert all(user.address.lower() == user.address_key for user in users)
