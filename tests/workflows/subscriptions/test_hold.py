"""A change of a person locks them: no subscription comes between the change and the journal."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from models import Actor, Change, Door, Invalid, Subscription, SubscriptionChange
from tests.builders import Cast, a_list
from tests.workflows.locks import wait_until_one_waits
from workflows import access
from workflows.access import Archived
from workflows.lists import lists
from workflows.lists.archive import archive
from workflows.people import users
from workflows.people.addresses import change_address
from workflows.people.removal import remove_user
from workflows.subscriptions.subscribe import subscribe, subscribe_all

PORTAL = Door.PORTAL
EDSGER = "edsger@example.org"

Act = Callable[[Session], object]


def join(session: Session) -> object:
    """Edsger joins a list that he was not on."""
    edsger, zoo = access.user_with_address(session, EDSGER), lists.list_named(session, "zoo")
    return subscribe(session, edsger, zoo, actor=Actor.operator())


def import_him(session: Session) -> object:
    """The same, together with others."""
    edsger, zoo = access.user_with_address(session, EDSGER), lists.list_named(session, "zoo")
    return subscribe_all(session, zoo, [edsger.id], actor=Actor.operator())


def move(session: Session) -> object:
    """Edsger gets another address."""
    edsger = access.user_with_address(session, EDSGER)
    return change_address(session, edsger, "ewd@example.org", actor=Actor.operator())


def disable(session: Session) -> None:
    """Edsger is disabled."""
    users.disable(session, access.user_with_address(session, EDSGER), actor=Actor.operator())


def remove(session: Session) -> object:
    """Remove Edsger."""
    return remove_user(session, access.user_with_address(session, EDSGER), actor=Actor.operator())


def archive_zoo(session: Session) -> object:
    """Archive that list."""
    return archive(session, lists.list_named(session, "zoo"), actor=Actor.operator())


@dataclass
class Scene:
    """A database and two people, each with a connection of their own."""

    database: Engine
    people: Cast
    zoo: int

    def race(self, first: Act, second: Act) -> object:
        """The second begins while the first is not committed, and has to wait; its answer."""
        with ThreadPoolExecutor(1) as colleague, Session(self.database) as one:
            first(one)
            one.flush()
            answer: Future[object] = colleague.submit(self.alone, second)
            wait_until_one_waits(self.database)
            one.commit()
            return answer.result(timeout=10)

    def alone(self, act: Act) -> object:
        """Run it in a transaction of its own."""
        with Session(self.database) as session, session.begin():
            return act(session)

    def journal(self) -> list[Change]:
        """Return the journal of Edsger on the list that he joins."""
        with Session(self.database) as session:
            return list(
                session.scalars(
                    select(SubscriptionChange.change)
                    .where(
                        SubscriptionChange.user_id == self.people.edsger.id,
                        SubscriptionChange.list_id == self.zoo,
                    )
                    .order_by(SubscriptionChange.id)
                )
            )

    def is_on_it(self) -> bool:
        """Whether Edsger is on that list."""
        with Session(self.database) as session:
            return bool(
                session.scalar(
                    select(func.count()).where(
                        Subscription.user_id == self.people.edsger.id,
                        Subscription.list_id == self.zoo,
                    )
                )
            )


@pytest.fixture
def scene(own_database: Engine, committed_cast: Cast) -> Scene:
    with Session(own_database) as session, session.begin():
        return Scene(own_database, committed_cast, a_list(session, "zoo").id)


@pytest.mark.parametrize(
    ("joining", "change", "noted"),
    [
        (join, move, Change.READDRESSED),
        (import_him, disable, Change.DISABLED),
        (join, remove, Change.LEFT),
    ],
)
def test_a_change_waits_for_who_joins_and_is_noted_on_that_list_too(
    scene: Scene, joining: Act, change: Act, noted: Change
) -> None:
    scene.race(joining, change)

    assert scene.journal() == [Change.JOINED, noted]
    assert scene.is_on_it() is (change is not remove)


@pytest.mark.parametrize(("joining", "change"), [(join, disable), (import_him, move)])
def test_joining_waits_for_a_change_and_is_journaled_after_it(
    scene: Scene, joining: Act, change: Act
) -> None:
    assert scene.race(change, joining)

    assert scene.journal() == [Change.JOINED]
    assert scene.is_on_it()


def test_a_user_removed_meanwhile_does_not_join(scene: Scene) -> None:
    with pytest.raises(Invalid):
        scene.race(remove, join)

    assert scene.journal() == []
    assert not scene.is_on_it()


def test_a_user_removed_meanwhile_is_not_imported(scene: Scene) -> None:
    assert not scene.race(remove, import_him)

    assert scene.journal() == []
    assert not scene.is_on_it()


@pytest.mark.parametrize("joining", [join, import_him])
def test_joining_a_list_archived_meanwhile_is_refused(scene: Scene, joining: Act) -> None:
    with pytest.raises(Archived):
        scene.race(archive_zoo, joining)

    assert scene.journal() == []
    assert not scene.is_on_it()


@pytest.mark.parametrize("joining", [join, import_him])
def test_archiving_waits_for_who_joins(scene: Scene, joining: Act) -> None:
    assert scene.race(joining, archive_zoo)

    assert scene.journal() == [Change.JOINED]
    assert scene.is_on_it()


def test_a_hold_loses_nothing_that_is_not_written_yet(session: Session, people: Cast) -> None:
    people.edsger.name = "Edsger W. Dijkstra"

    users.disable(session, people.edsger, actor=Actor.operator())
    users.enable(session, people.edsger, actor=Actor.operator())

    session.flush()
    session.refresh(people.edsger)
    assert (people.edsger.name, people.edsger.disabled_at) == ("Edsger W. Dijkstra", None)


def test_disabling_and_enabling_are_noted_on_every_list(session: Session, people: Cast) -> None:
    users.disable(session, people.edsger, actor=Actor(people.barbara, Door.COMMAND_LINE))
    users.enable(session, people.edsger, actor=Actor(people.barbara, PORTAL))

    rows = session.scalars(
        select(SubscriptionChange)
        .where(SubscriptionChange.user_id == people.edsger.id)
        .order_by(SubscriptionChange.id)
    ).all()
    assert [(row.change, row.by_id, row.via, row.list_id) for row in rows[1:]] == [
        (Change.DISABLED, people.barbara.id, Door.COMMAND_LINE, people.announce.id),
        (Change.ENABLED, people.barbara.id, PORTAL, people.announce.id),
    ]
