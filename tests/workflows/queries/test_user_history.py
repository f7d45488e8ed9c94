"""The history of a user: what they did and what was done about them, each act once."""

import pytest
from sqlalchemy.orm import Session

from models import Act, Actor, Door
from tests.builders import Cast, a_list, a_request
from workflows.people import users
from workflows.people.contacts import ContactChanges, change_contact
from workflows.queries.user_history import Position, history
from workflows.subscriptions.subscribe import subscribe


def acts(session: Session, people: Cast) -> list[tuple[str, str]]:
    session.flush()
    return [(one.actor, one.act) for one in history(session, people.edsger, limit=10)]


def test_joining_is_listed_once_and_the_newest_entry_is_first(
    session: Session, people: Cast
) -> None:
    change_contact(
        session,
        people.edsger,
        ContactChanges(name="Edsger W."),
        actor=Actor(people.edsger, Door.PORTAL),
    )

    assert acts(session, people) == [
        ("Edsger W.", Act.CHANGED_CONTACT),
        ("Edsger W.", Act.SUBSCRIBED),
        ("operator", Act.ADDED_USER),
    ]


def test_the_history_has_what_others_did_about_the_user(session: Session, people: Cast) -> None:
    news = a_list(session, "news")
    subscribe(session, people.edsger, news, actor=Actor(people.barbara, Door.PORTAL))
    users.disable(session, people.edsger, actor=Actor(people.barbara, Door.PORTAL))

    assert acts(session, people)[:2] == [
        ("Barbara Liskov", Act.DISABLED_USER),
        ("Barbara Liskov", Act.SUBSCRIBED),
    ]


def test_the_history_lacks_what_others_did_to_others(session: Session, people: Cast) -> None:
    before = acts(session, people)

    a_request(session, people)
    subscribe(session, people.ada, people.announce, actor=Actor(people.barbara, Door.PORTAL))

    assert acts(session, people) == before


def test_a_journal_entry_has_list_and_door(session: Session, people: Cast) -> None:
    session.flush()

    (joined,) = history(session, people.edsger, limit=1)

    assert (joined.list_id, joined.door) == (people.announce.id, Door.PORTAL)
    assert joined.detail == {"user_id": people.edsger.id}
    assert joined.id < 0


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_it_is_read_bit_by_bit_without_gap_or_repetition(
    session: Session, people: Cast, limit: int
) -> None:
    for short_name in ("news", "staff"):
        room = a_list(session, short_name)
        subscribe(session, people.edsger, room, actor=Actor(people.edsger, Door.PORTAL))
        change_contact(
            session,
            people.edsger,
            ContactChanges(name=short_name),
            actor=Actor(people.edsger, Door.PORTAL),
        )
    session.flush()
    whole = [one.id for one in history(session, people.edsger, limit=10)]

    bits, reached = [], Position()
    while some := history(session, people.edsger, reached, limit=limit):
        bits += [one.id for one in some]
        reached = reached.after(some)

    assert bits == whole
    assert len(set(bits)) == len(bits) == 6
