"""Import members: the file is looked at first, then carried out, through forms only."""

from collections.abc import Callable
from io import BytesIO

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from models import Act, Actor, AuditEntry, Right, Subscription, User
from tests.builders import Cast
from tests.portal.visitors import PUBLIC, TOKEN, Visitor
from workflows.access import find_user
from workflows.lists import archive
from workflows.people.users import define_role

Login = Callable[[User], Visitor]

FILE = b"ada@example.org\nedsger@example.org\n\nZoe <zoe@example.org>\nnot an address\n"


@pytest.fixture
def browser(people: Cast, as_person: Login) -> Visitor:
    return as_person(people.barbara)


@pytest.fixture
def page(people: Cast) -> str:
    return f"/mailing-lists/{people.announce.id}/import"


def upload(browser: Visitor, page: str, content: bytes = FILE) -> TestResponse:
    """Choose a file, and send it."""
    browser.get(page)
    token = TOKEN.search(browser.page)
    assert token
    fields = {"csrf_token": token[1], "file": FileStorage(BytesIO(content), "all.txt")}
    # In memory: the client would leave a temporary file of its own open.
    boundary, body = encode_multipart(fields)
    kind = f"multipart/form-data; boundary={boundary}"
    return browser.shown(browser.client.post(page, base_url=PUBLIC, data=body, content_type=kind))


def carry_out(browser: Visitor, page: str, **fields: str) -> TestResponse:
    """Send the form of the preview."""
    content = browser.page.split('name="content" value="')[1].split('"')[0]
    return browser.send(page, content=content, **fields)


def on_the_list(session: Session, people: Cast) -> int:
    count = select(func.count()).where(Subscription.list_id == people.announce.id)
    return session.scalar(count) or 0


def test_the_form_says_what_a_line_looks_like(browser: Visitor, page: str) -> None:
    shown = browser.get(page).text

    assert "Name &lt;address&gt;" in shown


def test_the_preview_shows_every_kind_of_line_and_changes_nothing(
    session: Session, people: Cast, browser: Visitor, page: str
) -> None:
    assert upload(browser, page).status_code == 200

    for words, number in (
        ("Lines", 5),
        ("New members", 1),
        ("Already on the list", 1),
        ("Unknown addresses", 1),
        ("Lines without an address", 1),
    ):
        assert f"<dt>{words}</dt><dd>{number}</dd>" in browser.page
    assert 'data-label="Line">4<' in browser.page
    assert "zoe@example.org" in browser.page
    assert on_the_list(session, people) == 2
    assert find_user(session, "zoe@example.org") is None


def test_the_previewed_import_skips_unknown_addresses(
    session: Session, people: Cast, browser: Visitor, page: str
) -> None:
    upload(browser, page)

    assert carry_out(browser, page, unknown="skip").status_code == 303

    assert session.get(Subscription, (people.announce.id, people.ada.id))
    assert on_the_list(session, people) == 3
    assert find_user(session, "zoe@example.org") is None
    imported = select(AuditEntry).where(AuditEntry.act == Act.IMPORTED)
    assert session.scalars(imported).one().actor == "Barbara Liskov"
    browser.get(f"/mailing-lists/{people.announce.id}/subscribers")
    assert "1 person has joined the list." in browser.page


def test_a_user_with_the_right_to_edit_users_adds_unknown_addresses(
    session: Session, people: Cast, browser: Visitor, page: str
) -> None:
    upload(browser, page)

    carry_out(browser, page, unknown="create")

    zoe = find_user(session, "zoe@example.org")
    assert zoe is not None
    assert session.get(Subscription, (people.announce.id, zoe.id))


def test_the_right_to_edit_lists_does_not_offer_to_create_users(
    session: Session, people: Cast, as_person: Login, page: str
) -> None:
    rights = [Right.EDIT_LISTS]
    people.ada.roles = [define_role(session, "x", rights, actor=Actor.operator())]
    session.flush()
    browser = as_person(people.ada)
    upload(browser, page)
    assert "Add these people" not in browser.page

    assert carry_out(browser, page, unknown="create").status_code == 403

    assert on_the_list(session, people) == 2


@pytest.mark.parametrize("content", [b"", b"a" * 4_000_001], ids=["empty", "too large"])
def test_a_file_that_cannot_be_read_here_is_refused(
    browser: Visitor, page: str, content: bytes
) -> None:
    assert upload(browser, page, content).status_code == 400

    assert 'id="refusal"' in browser.page


def test_twenty_thousand_lines_fit(
    session: Session, people: Cast, browser: Visitor, page: str
) -> None:
    # Comments: to check as many addresses takes a second.
    comments = b"".join(b"# new%d@example.org\n" % n for n in range(20_000))
    upload(browser, page, comments + b"ada@example.org\n")
    carry_out(browser, page, unknown="skip")

    assert on_the_list(session, people) == 3


def test_invalid_base64_is_not_a_file(browser: Visitor, page: str) -> None:
    for broken in ("!", "é", "\N{REPLACEMENT CHARACTER}"):
        assert browser.send(page, content=broken).status_code == 400, broken


def test_an_archived_list_cannot_be_joined(
    session: Session, people: Cast, browser: Visitor, page: str
) -> None:
    upload(browser, page)
    preview = browser.page
    archive.archive(session, people.announce, actor=Actor.operator())
    session.flush()
    browser.page = preview

    assert carry_out(browser, page, unknown="skip").status_code == 409

    assert on_the_list(session, people) == 2
