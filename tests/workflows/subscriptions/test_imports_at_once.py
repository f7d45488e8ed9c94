"""Several who import at once, and others who are at work meanwhile."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from models import Actor, MailingList, Subscription, SubscriptionChange, User
from models.database import new_session
from tests.builders import cast
from tests.workflows.locks import wait_until_one_waits
from tests.workflows.subscriptions.importing import checked, first_names, imported
from workflows.people import removal
from workflows.subscriptions import imports
from workflows.subscriptions.imports import Imported
from workflows.transaction import transaction

# Enough that both are in the middle of it, in opposite directions.
PEOPLE = 300


def import_into(short_name: str, content: str, together: Barrier) -> Imported:
    """Import everybody into a list that is created if need be, as the command does."""
    together.wait(10)
    with transaction() as session:
        report = checked(session, content)
        mailing_list = imports.list_for(
            session, short_name, f"{short_name}@example.org", "Everybody", actor=Actor.operator()
        )
        return imports.import_checked(
            session, mailing_list, report, create_users=True, actor=Actor.operator()
        )


def both(*short_names: str, company: str) -> list[Imported]:
    """Import all people of a company into these lists at once, in opposite orders."""
    together = Barrier(2)
    addresses = [f"member{number}@{company}.example" for number in range(PEOPLE)]
    orders = ("\n".join(addresses), "\n".join(reversed(addresses)))
    with ThreadPoolExecutor(2) as threads:
        running = [
            threads.submit(import_into, short_name, content, together)
            for short_name, content in zip(short_names, orders, strict=True)
        ]
        return [each.result(60) for each in running]


def count(own_database: Engine, *what: type) -> list[int]:
    """Count the rows of each table."""
    with Session(own_database) as session:
        return [session.scalar(select(func.count()).select_from(each)) or 0 for each in what]


@pytest.mark.usefixtures("published")
def test_two_imports_into_the_same_new_list_create_it_and_everybody_once(
    own_database: Engine,
) -> None:
    done = both("everybody", "everybody", company="one")

    assert sum(each.joined for each in done) == sum(each.created for each in done) == PEOPLE
    assert count(own_database, MailingList, User, Subscription, SubscriptionChange) == [
        1,
        *[PEOPLE] * 3,
    ]


@pytest.mark.usefixtures("published")
def test_two_imports_of_the_same_new_people_do_not_wait_for_each_other_forever(
    own_database: Engine,
) -> None:
    assert own_database
    for company in ("one", "two"):
        done = both(f"left-{company}", f"right-{company}", company=company)

        assert [each.joined for each in done] == [PEOPLE] * 2


@pytest.mark.usefixtures("published")
def test_a_user_who_is_being_removed_does_not_join(own_database: Engine) -> None:
    with new_session.begin() as session:
        people = cast(session)

    with ThreadPoolExecutor(1) as colleague, Session(own_database) as removing:
        ada = removing.get_one(User, people.ada.id)
        removal.remove_user(removing, ada, actor=Actor.operator())
        importing = colleague.submit(import_known, people.announce.id)
        wait_until_one_waits(own_database)
        removing.commit()
        assert importing.result(timeout=10) == Imported(joined=1, created=0)

    with new_session() as session:
        announce = session.get_one(MailingList, people.announce.id)
        assert first_names(session, announce) == {"Barbara", "Edsger", "Grace"}


def import_known(list_id: int) -> Imported:
    """Import Ada and Grace."""
    with transaction() as session:
        announce = session.get_one(MailingList, list_id)
        return imported(session, "ada@example.org\ngrace@example.org", announce)
