"""`listgate user grant|revoke --on`, and `listgate list-set`."""

import pytest
from sqlalchemy.orm import Session

from models import Right, Unknown
from tests.builders import Cast, a_list, listgate
from workflows.lists.list_sets import SetInUse

EDSGER = "edsger@example.org"


def test_a_role_on_a_list_and_on_a_set_is_granted_shown_and_revoked(
    session: Session, people: Cast
) -> None:
    board = a_list(session, "board")
    session.commit()

    listgate("list-set", "create", "press", "board")
    said = [
        listgate("user", "grant", EDSGER, "owner", "--on", "announce").stdout,
        listgate("user", "grant", EDSGER, "sender", "--on-set", "press").stdout,
    ]

    assert said == [
        "Edsger Dijkstra is now owner (on announce).\n",
        "Edsger Dijkstra is now owner (on announce), sender (on the set press).\n",
    ]
    assert "owner (on announce), sender (on the set press)" in listgate("user", "list").stdout
    session.expire_all()
    assert people.edsger.list_ids(Right.VIEW_LISTS) == {people.announce.id, board.id}

    said = [
        listgate("user", "revoke", EDSGER, "owner", "--on", "announce").stdout,
        listgate("user", "revoke", EDSGER, "sender", "--on-set", "press").stdout,
    ]
    assert said == [
        "Edsger Dijkstra is now sender (on the set press).\n",
        "Edsger Dijkstra is now without a role.\n",
    ]


@pytest.mark.usefixtures("people")
def test_a_set_of_lists_is_created_changed_shown_and_deleted(session: Session) -> None:
    a_list(session, "board")
    session.commit()

    said = [
        listgate("list-set", *words).stdout
        for words in (
            ("show",),
            ("create", "press", "announce", "announce"),
            ("add", "press", "board"),
            ("remove", "press", "announce"),
            ("delete", "press"),
        )
    ]

    assert said == [
        "No sets of lists yet: listgate list-set create SET LIST...\n",
        "The set press has 1 list.\n",
        "The set press has 2 lists.\n",
        "The set press has 1 list.\n",
        "The set press is deleted.\n",
    ]


@pytest.mark.usefixtures("people")
def test_a_set_is_not_deleted_while_someone_has_a_role_on_it() -> None:
    listgate("list-set", "create", "press", "announce")
    listgate("user", "grant", EDSGER, "owner", "--on-set", "press")

    with pytest.raises(SetInUse):
        listgate("list-set", "delete", "press")

    assert listgate("list-set", "show").stdout.split() == ["set", "lists", "press", "announce"]


@pytest.mark.usefixtures("people")
def test_an_unknown_place_and_two_places_are_refused() -> None:
    for options in (["--on", "unknown"], ["--on-set", "unknown"]):
        with pytest.raises(Unknown, match="unknown"):
            listgate("user", "grant", EDSGER, "owner", *options)
    both = listgate("user", "grant", EDSGER, "owner", "--on", "announce", "--on-set", "press")
    assert both.exit_code == 2
