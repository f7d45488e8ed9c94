"""Roles: show, create, edit, and delete while no user has them."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Language, Right, Role, User
from tests.builders import Cast, role
from tests.portal.visitors import Visitor

Login = Callable[[User], Visitor]


@pytest.fixture
def barbara(people: Cast, as_person: Login) -> Visitor:
    return as_person(people.barbara)


def test_each_role_is_shown_with_its_rights(people: Cast, barbara: Visitor) -> None:
    assert people

    assert barbara.get("/roles").status_code == 200

    for words in ("author", "Send messages (601)", "Edit users (2000)"):
        assert words in barbara.page


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Send without asking for approval"),
        ("fr", "Envoyer sans demander"),
        ("de", "Ohne Freigabe senden"),
    ],
)
def test_every_right_is_explained_in_the_readers_language(
    session: Session, people: Cast, as_person: Login, language: str, words: str
) -> None:
    people.barbara.language = Language(language)
    session.flush()
    barbara = as_person(people.barbara)

    barbara.get("/roles/new")

    assert words in barbara.page
    for right in Right:
        assert f"({right.value})" in barbara.page


def test_a_role_is_created_edited_and_deleted(session: Session, barbara: Visitor) -> None:
    assert barbara.send("/roles/new", name="viewer", right=["404", "605"]).status_code == 303
    viewer = role(session, "viewer")
    assert viewer.rights == [404, 605]
    path = f"/roles/{viewer.id}"
    barbara.get(path)
    assert 'value="404" aria-describedby="right-404" checked' in barbara.page

    assert barbara.send(path, right="2001").status_code == 303
    session.refresh(viewer)
    assert viewer.rights == [2001]
    assert barbara.send(f"{path}/removal").status_code == 303

    session.expire_all()
    assert session.scalar(select(Role).where(Role.name == "viewer")) is None


INVALID = [
    ({"name": "author", "right": "404"}, "There is already a role author."),
    ({"name": "", "right": "404"}, "must be one line"),
    ({"name": "new", "right": "7"}, "There is no right with the number 7."),
    ({"name": "new", "right": "all"}, "A right is a number."),
]


def test_an_invalid_value_is_refused_on_the_form(barbara: Visitor) -> None:
    for fields, why in INVALID:
        assert barbara.send("/roles/new", **fields).status_code == 400

        assert why in barbara.page
        assert f'value="{fields["name"]}"' in barbara.page


def test_a_role_is_renamed_on_its_page(session: Session, barbara: Visitor) -> None:
    author = role(session, "author")
    path = f"/roles/{author.id}"
    barbara.get(path)
    assert 'value="author"' in barbara.page

    assert barbara.send(path, name="sender", right="404").status_code == 400
    assert "There is already a role sender." in barbara.page
    assert 'value="sender"' in barbara.page
    assert barbara.send(path, name="writer", right="404").status_code == 303

    session.expire_all()
    assert (author.name, author.rights) == ("writer", [404])
    barbara.get("/trail")
    assert "Barbara Liskov renamed the role author to writer" in barbara.page


def test_a_role_in_use_is_not_deleted(session: Session, people: Cast, barbara: Visitor) -> None:
    assert people
    author = role(session, "author")
    barbara.get(f"/roles/{author.id}")
    assert "Delete the role" not in barbara.page

    answer = barbara.send(f"/roles/{author.id}/removal")

    assert answer.status_code == 409
    assert "Someone has the role author" in barbara.page


def test_the_last_role_to_edit_users_keeps_that_right(
    session: Session, people: Cast, barbara: Visitor
) -> None:
    assert people
    administrator = role(session, "administrator")

    answer = barbara.send(f"/roles/{administrator.id}", right="2001")

    assert answer.status_code == 409
    assert "At least one person must be able to edit users." in barbara.page
    session.refresh(administrator)
    assert Right.EDIT_USERS in administrator.rights


def test_an_unknown_role_is_not_found(barbara: Visitor) -> None:
    assert barbara.get("/roles/0").status_code == 404
    assert barbara.get(f"/roles/{10**30}").status_code == 404
