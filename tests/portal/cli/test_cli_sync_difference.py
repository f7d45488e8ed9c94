"""`listgate sync diff`: what the next push would add and remove."""

import pytest
from sqlalchemy.orm import Session

from models import Actor
from tests.builders import Cast, listgate
from tests.workflows.sync.pushing import ListServer, asked, failed, held
from workflows.people import users
from workflows.subscriptions.subscribe import subscribe, unsubscribe


@pytest.mark.usefixtures("people")
def test_every_member_of_a_list_never_pushed_is_new() -> None:
    done = listgate("sync", "diff", "announce")

    assert done.stdout == "+barbara@example.org\n+edsger@example.org\n"
    assert done.stderr == "2 added, 0 removed.\n"


def test_the_difference_is_what_changed_since_the_last_good_push_sorted(
    session: Session, people: Cast, server: ListServer
) -> None:
    server.push(session, asked(session, people.announce))
    announce = people.announce
    for user in (people.linus, people.ada):
        subscribe(session, user, announce, actor=Actor.operator())
    unsubscribe(session, people.barbara, announce, actor=Actor.operator())
    users.disable(session, people.edsger, actor=Actor.operator())
    failed(session, server, announce, "false")

    done = listgate("sync", "diff", "announce")

    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        "+ada@example.org",
        "-barbara@example.org",
        "-edsger@example.org",
        "+linus@example.org",
    ]
    assert done.stderr == "2 added, 2 removed.\n"


def test_where_nothing_has_changed_there_is_no_difference(
    session: Session, people: Cast, server: ListServer
) -> None:
    server.push(session, asked(session, people.announce))

    done = listgate("sync", "diff", "announce")

    assert (done.stdout, done.stderr) == ("", "0 added, 0 removed.\n")


def test_a_held_push_is_looked_at_before_it_is_confirmed(
    session: Session, people: Cast, server: ListServer
) -> None:
    held(session, people, server)

    done = listgate("sync", "diff", "announce")

    assert done.stdout.count("\n-") + done.stdout.startswith("-") == 10
    assert done.stderr == "0 added, 10 removed.\n"
