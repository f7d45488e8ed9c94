"""The content of a request: HTML in its frame, attachments as files, for approvers only."""

from collections.abc import Callable
from email.message import EmailMessage

import pytest
from sqlalchemy.orm import Session, object_session

from models import Actor, Door, ModerationRequest, User, Verdict
from notifications.letters.keys import hashed
from tests.builders import LIMIT, Cast
from tests.letter_context import KEYS
from tests.portal.visitors import Visitor
from tests.portal.web.statements import counted
from workflows.messages.drafts import rewrite
from workflows.messages.write import Draft, write
from workflows.moderation.approver_keys import view
from workflows.moderation.decide import decide, request_approval, withdraw

Login = Callable[[User], Visitor]


def newsletter() -> bytes:
    """A mail with HTML that would run, and a file that would, too."""
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "ada@example.org", "Newsletter"
    mail.set_content("Dear members\n")
    mail.add_alternative("<p>Dear <b>members</b></p><script>alert(1)</script>", subtype="html")
    mail.add_attachment("<script>alert(2)</script>", subtype="html", filename="évil.html")
    return mail.as_bytes()


@pytest.fixture
def asked(session: Session, people: Cast) -> ModerationRequest:
    """An open request about that mail; Grace's letter holds a link."""
    draft = write(
        session,
        Draft(people.announce, newsletter()),
        actor=Actor(people.ada, Door.PORTAL),
        max_bytes=LIMIT,
    )
    request = request_approval(session, draft, actor=Actor(people.ada, Door.PORTAL))
    session.flush()
    request.approver_keys[0].link_hash = hashed(KEYS.link_token(request.approver_keys[0].id))
    session.flush()
    return request


def link(asked: ModerationRequest) -> str:
    """The path of Grace's link."""
    return f"/answer/{KEYS.link_token(asked.approver_keys[0].id)}"


@pytest.fixture(params=["portal", "link"])
def reader(
    request: pytest.FixtureRequest,
    session: Session,
    people: Cast,
    asked: ModerationRequest,
    *,
    as_person: Login,
) -> tuple[Visitor, str]:
    """Grace's browser, and where the message is: behind the log-in, or behind the link."""
    if request.param == "link":
        return as_person(people.edsger), link(asked)
    view(session, asked, actor=Actor(people.grace, Door.PORTAL))
    return as_person(people.grace), f"/requests/{asked.id}"


def test_the_html_is_in_a_frame_that_runs_nothing(reader: tuple[Visitor, str]) -> None:
    browser, path = reader
    browser.get(path)
    assert f'src="{path}/html"' in browser.page
    assert "<script>" not in browser.page

    frame = browser.get(f"{path}/html")

    assert frame.status_code == 200
    assert "<b>members</b>" in frame.text
    assert "alert(1)" not in frame.text
    assert "sandbox" in frame.headers["Content-Security-Policy"]


def test_an_attachment_is_a_file_to_save_and_never_a_page(reader: tuple[Visitor, str]) -> None:
    browser, path = reader
    browser.get(path)
    assert f'href="{path}/attachments/0"' in browser.page

    file = browser.get(f"{path}/attachments/0")

    assert b"alert(2)" in file.data
    assert file.mimetype == "application/octet-stream"
    assert file.headers["Content-Disposition"].startswith("attachment;")
    assert "sandbox" in file.headers["Content-Security-Policy"]
    assert file.headers["X-Content-Type-Options"] == "nosniff"
    assert browser.get(f"{path}/attachments/1").status_code == 404


def test_nothing_of_it_is_had_before_it_was_opened(
    people: Cast, asked: ModerationRequest, as_person: Login
) -> None:
    browser = as_person(people.linus)

    assert browser.get(f"/requests/{asked.id}/html").status_code == 404
    assert browser.get(f"/requests/{asked.id}/attachments/0").status_code == 404


def test_nothing_of_it_is_had_once_it_is_its_authors_again(
    session: Session, people: Cast, asked: ModerationRequest, reader: tuple[Visitor, str]
) -> None:
    browser, path = reader
    withdraw(session, asked, actor=Actor(people.ada, Door.PORTAL))
    session.flush()

    assert browser.get(path).status_code == 200
    assert "Dear" not in browser.page
    assert browser.get(f"{path}/html").status_code == 404
    assert browser.get(f"{path}/attachments/0").status_code == 404


def test_a_link_shows_what_the_portal_shows(asked: ModerationRequest, stranger: Visitor) -> None:
    stranger.get(link(asked))

    assert "Dear members" in stranger.page
    assert "Linus Torvalds" in stranger.page  # asked as well
    assert "Ada Lovelace asked for approval" in stranger.page
    assert "<dd>2</dd>" in stranger.page  # Barbara and Edsger get it


@pytest.mark.parametrize("door", ["portal", "link"])
def test_the_page_shows_what_was_changed_since_it_was_sent_back(
    session: Session, people: Cast, asked: ModerationRequest, as_person: Login, *, door: str
) -> None:
    ada, grace = Actor(people.ada, Door.PORTAL), Actor(people.grace, Door.PORTAL)
    browser, message = as_person(people.grace), asked.message
    before = statements(browser, asked, grace, door)
    assert "What was changed since" not in browser.page
    decide(session, asked, Verdict.SENT_BACK, actor=grace, comment="Greet <guests>, too.")
    raw = newsletter().replace(b"Dear members", b"Dear members & guests")
    rewrite(session, message, Draft(people.announce, raw), actor=ada, max_bytes=LIMIT)
    again = request_approval(session, message, actor=ada)

    after = statements(browser, again, grace, door)

    assert "Grace Hopper sent the message back for changes: Greet <guests>," in browser.page
    assert "<del>Dear members</del>" in browser.page
    assert "<ins>Dear members & guests</ins>" in browser.page
    assert after <= before


def statements(browser: Visitor, asked: ModerationRequest, approver: Actor, door: str) -> int:
    """Open the request's page, or the one of the approver's link; count its statements."""
    keys = asked.approver_keys[0]
    keys.link_hash = hashed(KEYS.link_token(keys.id))
    session = object_session(asked)
    assert session is not None
    view(session, asked, actor=approver)
    session.flush()
    path = f"/requests/{asked.id}" if door == "portal" else link(asked)
    browser.get(path)
    with counted() as count:
        assert browser.get(path).status_code == 200
    return count()
