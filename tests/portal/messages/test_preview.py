"""The preview of a message: who sees it, and how it is isolated."""

from collections.abc import Callable
from email.message import EmailMessage

import pytest
from sqlalchemy.orm import Session

from models import Actor, Door, Message, User
from tests.builders import LIMIT, Cast, a_draft, a_request, role
from tests.portal.visitors import Visitor
from workflows.messages import drafts
from workflows.messages.write import Draft, write
from workflows.moderation.decide import request_approval

Login = Callable[[User], Visitor]
HTML = '<h1>Hello</h1><script>alert(1)</script><img src="cid:logo"><img src="https://far.example/a.png">'


def a_colourful_mail() -> bytes:
    """HTML with a picture of its own and one from elsewhere, and a file."""
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "ada@example.org", "<b>Bold</b>"
    mail.set_content("Hello as text\n")
    mail.add_alternative(HTML, subtype="html")
    mail.get_payload()[1].add_related(b"\x89PNG", "image", "png", cid="<logo>")  # type: ignore[index,union-attr]
    mail.add_attachment(b"<script>", "text", "html", filename="plän.html")
    return mail.as_bytes()


@pytest.fixture
def message(session: Session, people: Cast) -> Message:
    """A colourful message of Ada's, which waits for an answer."""
    written = write(
        session,
        Draft(people.announce, a_colourful_mail()),
        actor=Actor(people.ada, Door.PORTAL),
        max_bytes=LIMIT,
    )
    request_approval(session, written, actor=Actor(people.ada, Door.PORTAL))
    session.flush()
    return written


def test_the_frame_shows_the_html_and_may_do_nothing(
    people: Cast, as_person: Login, message: Message
) -> None:
    answer = as_person(people.ada).get(f"/messages/{message.id}/html")

    policy = answer.headers["Content-Security-Policy"]
    assert '<html lang="en">' in answer.text
    assert "<h1>Hello</h1>" in answer.text
    assert 'src="data:image/png;base64,iVBORw=="' in answer.text
    assert "script" not in answer.text
    assert "far.example" not in answer.text
    assert "<title>&lt;b&gt;Bold&lt;/b&gt;</title>" in answer.text
    assert policy.startswith("sandbox ")
    assert {"default-src 'none'", "img-src data:"} <= {each.strip() for each in policy.split(";")}
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_pictures_from_elsewhere_come_only_when_asked_for(
    people: Cast, as_person: Login, message: Message
) -> None:
    ada = as_person(people.ada)

    ada.get(f"/messages/{message.id}")
    assert f'src="/messages/{message.id}/html"' in ada.page
    assert 'href="?images=yes"' in ada.page
    ada.get(f"/messages/{message.id}?images=yes")
    assert f'src="/messages/{message.id}/html?images=yes"' in ada.page
    answer = ada.get(f"/messages/{message.id}/html?images=yes")

    assert 'src="https://far.example/a.png"' in answer.text
    assert answer.headers["Content-Security-Policy"].endswith("img-src data: https:")


def test_the_page_itself_holds_none_of_the_html(
    people: Cast, as_person: Login, message: Message
) -> None:
    answer = as_person(people.ada).get(f"/messages/{message.id}")

    assert "<h1>Hello</h1>" not in answer.text
    assert "Hello as text" in answer.text
    assert "<b>Bold</b>" not in answer.text
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in answer.text


def test_an_attachment_is_saved_and_never_shown(
    people: Cast, as_person: Login, message: Message
) -> None:
    ada = as_person(people.ada)

    answer = ada.get(f"/messages/{message.id}/attachments/1")

    assert answer.data == b"<script>"
    assert answer.mimetype == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    assert "pl%C3%A4n.html" in answer.headers["Content-Disposition"]
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert ada.get(f"/messages/{message.id}/attachments/2").status_code == 404


def test_an_approver_reads_where_it_is_noted(
    session: Session, people: Cast, as_person: Login
) -> None:
    people.grace.roles = [role(session, "sender")]  # who sees the outbox, too
    asked, grace = a_request(session, people), as_person(people.grace)

    answer = grace.get(f"/messages/{asked.message_id}")

    assert answer.location == f"/requests/{asked.id}"
    grace.get(answer.location)
    assert "please come." not in grace.page
    grace.send(f"/requests/{asked.id}/views")
    grace.get(answer.location)
    assert "please come." in grace.page


def test_an_author_who_is_an_approver_sees_the_own_page(
    session: Session, people: Cast, as_person: Login
) -> None:
    people.approvers.members.append(people.ada)
    people.announce.four_eyes = False
    session.flush()

    answer = as_person(people.ada).get(f"/messages/{a_request(session, people).message_id}")

    assert answer.status_code == 200


@pytest.mark.parametrize("page", ["", "/html", "/attachments/0", "/standing"])
def test_a_deleted_message_is_not_found(
    session: Session, people: Cast, as_person: Login, page: str
) -> None:
    draft = a_draft(session, people)
    drafts.discard(session, draft, actor=Actor(people.ada, Door.PORTAL))

    assert as_person(people.ada).get(f"/messages/{draft.id}{page}").status_code == 404
    assert as_person(people.ada).get(f"/messages/12345{page}").status_code == 404
