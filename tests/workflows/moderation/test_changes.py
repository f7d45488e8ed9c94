"""What approvers see of the changes in a message that was sent back."""

import time
from datetime import timedelta
from email.message import EmailMessage
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import (
    Actor,
    Door,
    Language,
    Message,
    ModerationRequest,
    Rate,
    SendoutRules,
    SentBackContent,
    ShareUnit,
    Verdict,
)
from models.clock import now
from notifications.mime import parse
from notifications.wording.change_words import Reader, change_words
from tests.builders import LIMIT, Cast, a_draft, a_list
from workflows.messages.drafts import discard, rewrite
from workflows.messages.split import Split, split
from workflows.messages.write import Draft, write
from workflows.moderation.changes import GAP, MAX_LINES, MAX_UNITS, difference, units
from workflows.moderation.decide import decide, request_approval, withdraw

ENGLISH = Reader(Language.ENGLISH, lambda moment: f"{moment:%H:%M}")


def a_mail(
    text: str, *, subject: str = "Party", html: str = "", files: dict[str, bytes] | None = None
) -> bytes:
    """A mail of Ada's."""
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "Ada Lovelace <ada@example.org>", subject
    mail.set_content(text)
    if html:
        mail.add_alternative(html, subtype="html")
    for name, content in (files or {}).items():
        mail.add_attachment(content, maintype="application", subtype="pdf", filename=name)
    return mail.as_bytes()


def written(session: Session, people: Cast, raw: bytes) -> Message:
    """A draft of Ada's."""
    draft = Draft(people.announce, raw)
    return write(session, draft, actor=Actor(people.ada, Door.PORTAL), max_bytes=LIMIT)


def asked_again(session: Session, people: Cast, message: Message) -> ModerationRequest:
    return request_approval(session, message, actor=Actor(people.ada, Door.PORTAL))


def sent_back(session: Session, people: Cast, raw: bytes) -> Message:
    """A draft of Ada's that Grace has sent back."""
    message = written(session, people, raw)
    send_back(session, people, asked_again(session, people, message))
    return message


def send_back(session: Session, people: Cast, request: ModerationRequest) -> None:
    grace = Actor(people.grace, Door.PORTAL)
    decide(session, request, Verdict.SENT_BACK, actor=grace, comment="too long")


def edit(session: Session, people: Cast, message: Message, raw: bytes) -> None:
    ada = Actor(people.ada, Door.PORTAL)
    rewrite(session, message, Draft(message.mailing_list, raw), actor=ada, max_bytes=LIMIT)


def shown(request: ModerationRequest) -> dict[str, list[str]]:
    """The changes as an approver reads them, by title."""
    assert request.changes is not None
    return {
        title: [f"{sign} {text}" for sign, text in lines]
        for title, lines in change_words(request.changes, ENGLISH)
    }


def test_a_first_request_has_no_changes(session: Session, people: Cast) -> None:
    request = asked_again(session, people, a_draft(session, people))

    assert (request.changes, request.follows) == (None, None)


def test_the_next_request_shows_every_change(session: Session, people: Cast) -> None:
    before = '<p>Dear all,</p><a href="https://example.org/1">Come</a>'
    message = sent_back(
        session,
        people,
        a_mail("Dear all,\n\nplease come. It is on Sunday.", html=before, files={"map.pdf": b"1"}),
    )
    first = session.scalars(select(ModerationRequest)).one()

    edit(
        session,
        people,
        message,
        a_mail(
            "Dear all,\n\nplease come. It is on Monday.",
            subject="Spring party",
            html=before.replace("/1", "/2"),
            files={"map.pdf": b"22", "plan.pdf": b"1"},
        ),
    )
    message.schedule(now().replace(hour=9, minute=30))
    message.sendout_rules = SendoutRules(Rate(60, 1))
    message.personal_fields = True
    again = asked_again(session, people, message)

    session.refresh(again)
    assert again.follows is first
    assert shown(again) == {
        "Goes out": ["- as soon as it is approved", "+ 09:30"],
        "Rate and window": [
            "- as fast as the mail relay takes them",
            "+ at most 60 a minute",
        ],
        "Personal fields": ["- no", "+ yes"],
        "Subject": ["- Party", "+ Spring party"],
        "Plain text": ["  please come.", "- It is on Sunday.", "+ It is on Monday."],
        "Linked addresses": ["- https://example.org/1", "+ https://example.org/2"],
        "Attachments": [
            "- map.pdf (1 bytes)",
            "+ map.pdf (2 bytes)",
            "+ plan.pdf (1 bytes)",
        ],
    }


def test_a_change_of_layout_alone_is_named(session: Session, people: Cast) -> None:
    message = sent_back(session, people, a_mail("Come.", html="<p>Come.</p>"))

    edit(session, people, message, a_mail("Come.", html="<p style='color: red'>Come.</p>"))

    assert shown(asked_again(session, people, message)) == {
        "Layout": ["  The same text and links look different now."]
    }


def test_a_message_that_was_not_changed_says_so(session: Session, people: Cast) -> None:
    message = written(session, people, a_mail("Come.", html="<p>Come.</p>"))
    message.schedule(now() + timedelta(days=1))
    send_back(session, people, asked_again(session, people, message))

    assert message.send_at is not None
    message.schedule(message.send_at.astimezone(ZoneInfo("Asia/Tokyo")))
    assert asked_again(session, people, message).changes == []


def test_the_last_answer_counts(session: Session, people: Cast) -> None:
    ada, message = Actor(people.ada, Door.PORTAL), sent_back(session, people, a_mail("One."))
    edit(session, people, message, a_mail("Two."))
    send_back(session, people, asked_again(session, people, message))
    edit(session, people, message, a_mail("Three."))

    withdrawn = asked_again(session, people, message)
    withdraw(session, withdrawn, actor=ada)
    again = asked_again(session, people, message)

    assert shown(withdrawn) == shown(again) == {"Plain text": ["- Two.", "+ Three."]}


def test_other_approvers_do_not_see_what_was_sent_back(session: Session, people: Cast) -> None:
    message = sent_back(session, people, a_mail("For announce only."))
    staff = a_list(session, "staff")
    staff.approver_list = people.approvers
    ada = Actor(people.ada, Door.PORTAL)

    rewrite(session, message, Draft(staff, a_mail("Other.")), actor=ada, max_bytes=LIMIT)

    assert asked_again(session, people, message).changes is None


def test_a_deleted_draft_leaves_no_text_behind(session: Session, people: Cast) -> None:
    message = sent_back(session, people, a_mail("Secret."))
    edit(session, people, message, a_mail("Secret again."))
    request = asked_again(session, people, message)
    ada = Actor(people.ada, Door.PORTAL)
    withdraw(session, request, actor=ada)

    discard(session, message, actor=ada)

    session.refresh(request)
    assert request.changes is None
    assert session.scalar(select(func.count()).select_from(SentBackContent)) == 0


def test_each_variant_is_compared_with_itself(session: Session, people: Cast) -> None:
    ada = Actor(people.ada, Door.PORTAL)
    message = written(session, people, a_mail("One."))
    variant = written(session, people, a_mail("Uno."))
    plan = Split({message.id: 10, variant.id: 90}, ShareUnit.PERCENT, None, None)
    split(session, message, plan, actor=ada)
    send_back(session, people, asked_again(session, people, message))

    plan = Split({message.id: 20, variant.id: 20}, ShareUnit.PERCENT, now() + timedelta(days=2))
    split(session, message, plan, actor=ada)

    found = shown(asked_again(session, people, message))
    assert found["Share of variant A"] == ["- 10", "+ 20"]
    assert found["Share of variant B"] == ["- 90", "+ 20"]
    assert "Everyone else gets the variant that a person chooses" in found["Variants"][1]


def test_a_message_that_is_split_for_the_first_time_had_no_variants(
    session: Session, people: Cast
) -> None:
    message = sent_back(session, people, a_mail("One."))
    variant = written(session, people, a_mail("Uno."))
    plan = Split({message.id: 3, variant.id: 5}, ShareUnit.COPIES, now() + timedelta(days=2))
    split(session, message, plan, actor=Actor(people.ada, Door.PORTAL))

    before, after = shown(asked_again(session, people, message))["Variants"]

    assert before == "- none"
    assert after.startswith("+ copies; Everyone else gets the variant that a person chooses: ")


UNITS = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=12)


@given(before=UNITS, after=UNITS)
def test_the_signs_turn_one_text_into_the_other(before: list[str], after: list[str]) -> None:
    lines = difference(before, after)

    assert bool(lines) is (before != after)
    for sign, text in (("-", before), ("+", after)):
        own = [line for line_sign, line in lines if line_sign in {" ", sign}]
        changed = [line for line_sign, line in lines if line_sign == sign]
        remaining = iter(text)
        assert all(one in remaining for one in own)
        assert len(before) - len(after) == sum(
            {"-": 1, "+": -1}.get(line_sign, 0) for line_sign, _ in lines
        )
        assert len(changed) <= len(text)


def test_a_long_text_is_compared_in_bounds() -> None:
    before = [f"{number}" for number in range(3 * MAX_UNITS)]
    hostile = [["x", "y"][number % 7 % 2] for number in range(MAX_UNITS)]
    began = time.process_time()

    changed = difference(before, before[1:MAX_UNITS])
    alike = difference(hostile, [*hostile[500:], *hostile[:300], "z"])

    assert time.process_time() - began < 10
    assert (len(changed), changed[-1]) == (MAX_LINES + 2, GAP)
    assert len(alike) <= MAX_LINES + 1
    assert units("A. B? \n\n C") == ["A.", "B?", "C"]


def test_a_draft_that_a_newer_limit_makes_unreadable_is_compared_by_its_subject(
    session: Session, people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = sent_back(session, people, a_mail("One.", subject="Party"))
    edit(session, people, message, a_mail("Two.", subject="Ball"))
    monkeypatch.setattr(parse, "HEADER_LIMIT", 1)

    found = shown(asked_again(session, people, message))

    assert found["Subject"] == ["- Party", "+ Ball"]
