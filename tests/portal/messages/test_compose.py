"""Write or upload a message: what was typed is kept, and found again."""

import re
from collections.abc import Callable
from io import BytesIO

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Act, Actor, AuditEntry, Door, Message, MessageState, User
from notifications.mime.compose import TypedMessage, compose_mail, read_typed
from tests.builders import LIMIT, Cast, a_draft, an_eml
from tests.portal.visitors import PUBLIC, Visitor
from workflows.messages.write import Draft, hand_in, write

Login = Callable[[User], Visitor]
HIDDEN = re.compile(r'type="hidden" name="(csrf_token|version)" value="([^"]+)"')
TYPED = {"list": "announce", "subject": "Grüße", "text": "Hello,\n\nbye", "html": ""}


def send(visitor: Visitor, path: str, **fields: object) -> int:
    """Send the form of this page, with its files; returns the status."""
    visitor.get(path)
    return press(visitor, path, **fields)


def press(visitor: Visitor, path: str, **fields: object) -> int:
    """Send the form on the page that is open, with its hidden fields; returns the status."""
    hidden = dict(HIDDEN.findall(visitor.page))
    answer = visitor.client.post(path, base_url=PUBLIC, data={**hidden, **fields})
    return visitor.shown(answer).status_code


def drafted(session: Session, people: Cast) -> Message:
    """Return a draft that Ada typed."""
    raw = compose_mail(TypedMessage("Grüße", "Hello,\n\nbye", ""), people.ada)
    message = write(
        session,
        Draft(people.announce, raw, composed=True),
        actor=Actor(people.ada, Door.PORTAL),
        max_bytes=LIMIT,
    )
    session.flush()
    return message


def newest(session: Session) -> Message:
    session.expire_all()
    return session.scalars(select(Message).order_by(Message.id.desc()).limit(1)).one()


def test_the_form_creates_a_draft(session: Session, people: Cast, as_person: Login) -> None:
    ada = as_person(people.ada)

    assert send(ada, "/messages/new", **TYPED, attachments=(BytesIO(b"%PDF"), "plan.pdf")) == 303

    draft = newest(session)
    typed = read_typed(draft.raw)
    assert (draft.state, draft.author, draft.mailing_list.short_name) == (
        MessageState.DRAFT,
        people.ada,
        "announce",
    )
    assert (typed.subject, typed.text, typed.html) == ("Grüße", "Hello,\n\nbye", "")
    assert [(one.filename, one.content) for one in typed.attachments] == [("plan.pdf", b"%PDF")]


def test_a_draft_is_edited_as_it_was_typed(
    session: Session, people: Cast, as_person: Login
) -> None:
    ada = as_person(people.ada)
    send(ada, "/messages/new", **TYPED, attachments=(BytesIO(b"1"), "one.txt"))
    page = f"/messages/{newest(session).id}/draft"

    ada.get(page)
    assert "Hello,\n\nbye</textarea>" in ada.page
    assert 'value="Grüße"' in ada.page
    changed = {**TYPED, "text": "Bye", "attachments": (BytesIO(b"2"), "two.txt")}
    assert send(ada, page, **changed, without="0") == 303

    typed = read_typed(newest(session).raw)
    assert (typed.text, [one.filename for one in typed.attachments]) == ("Bye", ["two.txt"])
    entries = session.scalars(select(AuditEntry.act).where(AuditEntry.door == Door.PORTAL))
    assert Act.REWROTE in set(entries)


def test_an_upload_is_kept_byte_for_byte_and_replaced_whole(
    session: Session, people: Cast, as_person: Login
) -> None:
    ada = as_person(people.ada)
    first, second = an_eml("First", X_Odd="  kept "), an_eml("Second")

    assert send(ada, "/messages/upload", list="announce", file=(BytesIO(first), "a.eml")) == 303
    draft = newest(session)
    assert (draft.raw, draft.subject) == (first, "First")
    page = f"/messages/{draft.id}/draft"
    assert send(ada, page, list="announce", file=(BytesIO(second), "b.eml")) == 303

    assert newest(session).raw == second


def test_the_same_mail_uploaded_again_leads_to_the_first(
    session: Session, people: Cast, as_person: Login
) -> None:
    ada, mail = as_person(people.ada), an_eml(Message_ID="<one@example.org>")
    numbers = []
    for _ in range(2):
        send(ada, "/messages/upload", list="announce", file=(BytesIO(mail), "a.eml"))
        numbers.append(newest(session).id)

    ada.get(f"/messages/{numbers[1]}")

    assert "You handed in the same mail before" in ada.page
    assert f'<a href="/messages/{numbers[0]}">Show it</a>' in ada.page


def test_a_form_never_rewrites_what_was_uploaded(
    session: Session, people: Cast, as_person: Login
) -> None:
    draft = a_draft(session, people)
    raw, ada = draft.raw, as_person(people.ada)

    assert send(ada, f"/messages/{draft.id}/draft", **TYPED) == 400

    assert newest(session).raw == raw


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ({"list": ""}, (400, "Please choose a list.")),
        ({"list": "nowhere"}, (404, "")),
        ({"text": "a\0b"}, (400, "contains NUL bytes")),
    ],
)
def test_a_refusal_keeps_the_input_on_the_page(
    session: Session,
    people: Cast,
    as_person: Login,
    fields: dict[str, str],
    answer: tuple[int, str],
) -> None:
    ada, (status, said) = as_person(people.ada), answer

    assert send(ada, "/messages/new", **(TYPED | fields)) == status

    assert said in ada.page
    assert 'value="Grüße"' in ada.page
    assert session.scalars(select(Message)).all() == []


def test_an_unreadable_mail_is_not_stored(session: Session, people: Cast, as_person: Login) -> None:
    ada = as_person(people.ada)

    assert send(ada, "/messages/upload", list="announce", file=(BytesIO(b"PK"), "a.zip")) == 400
    assert "not a header field" in ada.page
    assert send(ada, "/messages/upload", list="announce") == 400
    assert "Please choose a file." in ada.page
    assert session.scalars(select(Message)).all() == []


def test_a_submitted_message_is_not_edited(
    session: Session, people: Cast, as_person: Login
) -> None:
    ada, draft = as_person(people.ada), drafted(session, people)
    hand_in(session, draft, actor=Actor(people.ada, Door.PORTAL))

    assert send(ada, f"/messages/{draft.id}/draft", **(TYPED | {"text": "Bye"})) == 409

    assert read_typed(newest(session).raw).text == "Hello,\n\nbye"


def two_windows(session: Session, as_person: Login, people: Cast) -> tuple[Visitor, Visitor, str]:
    """Return two browsers in which the same new draft is open, and its path."""
    first, second = as_person(people.ada), as_person(people.ada)
    page = f"/messages/{drafted(session, people).id}/draft"
    first.get(page)
    second.get(page)
    return first, second, page


def test_the_second_save_from_another_window_is_refused_with_both_texts(
    session: Session, people: Cast, as_person: Login
) -> None:
    first, second, page = two_windows(session, as_person, people)

    assert press(first, page, **(TYPED | {"text": "By train <b>"})) == 303
    assert press(second, page, **(TYPED | {"text": "By bus & boat"})) == 409

    assert "was changed elsewhere" in second.page
    assert "By bus & boat</textarea>" in second.page
    assert "<pre>By train <b></pre>" in second.page
    assert read_typed(newest(session).raw).text == "By train <b>"
    assert press(second, page, **(TYPED | {"text": "By bus & boat"})) == 303
    assert read_typed(newest(session).raw).text == "By bus & boat"


def test_a_form_refused_for_another_reason_shows_what_was_saved_meanwhile(
    session: Session, people: Cast, as_person: Login
) -> None:
    first, second, page = two_windows(session, as_person, people)
    press(first, page, **(TYPED | {"text": "By train"}))

    assert press(second, page, **(TYPED | {"list": "", "text": "By bus"})) == 400

    assert "<pre>By train</pre>" in second.page
    assert "By bus</textarea>" in second.page


def test_a_form_without_the_drafts_version_saves_nothing(
    session: Session, people: Cast, as_person: Login
) -> None:
    ada, page = as_person(people.ada), f"/messages/{drafted(session, people).id}/draft"

    for version in ("", "0" * 64):
        answer = ada.send(page, **(TYPED | {"text": "By bus", "version": version}))
        assert answer.status_code == 409
    assert read_typed(newest(session).raw).text == "Hello,\n\nbye"


def test_a_file_replaces_only_the_upload_that_its_author_saw(
    session: Session, people: Cast, as_person: Login
) -> None:
    first, second = as_person(people.ada), as_person(people.ada)
    page = f"/messages/{a_draft(session, people).id}/draft"
    first.get(page)
    second.get(page)

    saved, lost = (BytesIO(an_eml(subject)) for subject in ("By train", "By bus"))
    assert press(first, page, list="announce", file=(saved, "a.eml")) == 303
    assert press(second, page, list="announce", file=(lost, "b.eml")) == 409

    assert "Look at what was saved meanwhile" in second.page
    assert newest(session).subject == "By train"


def test_large_forms_are_for_those_who_have_logged_in(
    people: Cast, stranger: Visitor, as_person: Login
) -> None:
    large = {**TYPED, "text": "x" * 500_001}
    ada = as_person(people.ada)

    assert send(ada, "/messages/new", **large) == 303
    assert stranger.post("/messages/new", **large).status_code == 413
    assert ada.send("/account/password", new=large["text"]).status_code == 413
    assert "choose a smaller file" in ada.page


def test_a_list_whose_name_has_a_nul_is_unknown(people: Cast, as_person: Login) -> None:
    ada = as_person(people.ada)

    for path in ("/messages/new", "/messages/upload"):
        assert send(ada, path, **{**TYPED, "list": "announce\0"}) == 404, path


def test_personal_fields_are_chosen_checked_and_shown_as_for_the_author(
    session: Session, people: Cast, as_person: Login
) -> None:
    ada = as_person(people.ada)
    text = {**TYPED, "text": "Dear {{ name }}", "personal_fields": "yes"}

    assert send(ada, "/messages/new", **{**text, "text": "Dear {{ nam }}"}) == 400
    assert "There is no personal field “nam”" in ada.page
    assert re.search('name="personal_fields" [^>]*checked', ada.page)
    assert send(ada, "/messages/new", **text) == 303
    page = f"/messages/{newest(session).id}"
    ada.get(page)
    assert "<pre>Dear Ada Lovelace" in ada.page
    assert "Personal fields are filled in as for Ada Lovelace" in ada.page

    assert send(ada, f"{page}/draft", **{**TYPED, "text": "Dear {{ nam }}"}) == 303
    assert not newest(session).personal_fields
