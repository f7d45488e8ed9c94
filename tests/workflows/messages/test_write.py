"""Write a message, and hand it in."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    AuditEntry,
    Dispatch,
    Door,
    IllegalTransition,
    Invalid,
    Message,
    MessageState,
    ModerationRequest,
    Trespass,
    Unknown,
    User,
)
from models.clock import now
from tests.builders import LIMIT, Cast, a_draft, an_eml, an_example
from workflows.messages import write
from workflows.people import users

PORTAL = Door.PORTAL

UNREADABLE = {
    "empty": (b"", "is empty"),
    "blank": (b"\r\n\r\n", "is empty"),
    "no mail": (b"Dear members,\n\nplease come.\n", "not a header field"),
    "no From": (b"Subject: Hello\n\nHello\n", "has no From field"),
    "two From": (b"From: a@example.org\nFrom: b@example.org\n\nHello\n", "has 2 From fields"),
    "a From that is none": (b"From: Ada\n\nHello\n", "is not an address"),
    "NUL": (b"From: ada@example.org\n\nHello\0\n", "contains NUL"),
    "a smuggled field": (
        b"From: ada@example.org\nSubject: =?utf-8?q?Hello=0D=0ABcc:_eve@example.org?=\n\nHello\n",
        "hidden line break",
    ),
    "a line without end": (b"From: ada@example.org\n\n" + b"x" * 999, "bytes long"),
}


def a_message(
    session: Session,
    people: Cast,
    *,
    raw: bytes | None = None,
    author: User | None = None,
    send_at: datetime | None = None,
    max_bytes: int = LIMIT,
) -> Message:
    return write.write(
        session,
        write.Draft(people.announce, an_eml() if raw is None else raw),
        actor=Actor(author or people.ada, PORTAL),
        max_bytes=max_bytes,
        send_at=send_at,
    )


def count(session: Session, kind: type[Message] | type[AuditEntry]) -> int:
    return session.scalars(select(func.count(kind.id))).one()


def test_a_written_message_is_a_draft_and_audited(session: Session, people: Cast) -> None:
    message = a_message(session, people, raw=an_eml("Grüße an alle"))

    entry = session.scalars(select(AuditEntry).where(AuditEntry.act == Act.WROTE)).one()
    assert message.state is MessageState.DRAFT
    assert (message.subject, message.size) == ("Grüße an alle", len(message.raw))
    assert message.send_at is None
    assert (entry.actor, entry.door) == ("Ada Lovelace", PORTAL)
    assert (entry.message_id, entry.list_id) == (message.id, people.announce.id)
    assert entry.detail == {}


@pytest.mark.parametrize(
    "raw",
    [
        b"From: ada@example.org\n\nunix\nlines\n",
        b"From: ada@example.org\r\n\r\nno line end at the end",
        b"From: ada@example.org\r\nX-Odd:\tkept \t\r\n\r\n.\r\n..dots\r\n\r\n\r\n",
        b"From: ada@example.org\nContent-Type: text/plain; charset=iso-8859-1\n\nGr\xfc\xdfe\n",
    ],
)
def test_every_byte_is_kept(session: Session, people: Cast, raw: bytes) -> None:
    message = a_message(session, people, raw=raw)

    session.expire_all()
    assert message.raw == raw
    assert message.size == len(raw)


@pytest.mark.parametrize(("raw", "reason"), UNREADABLE.values(), ids=UNREADABLE)
def test_an_unreadable_mail_is_refused_and_not_stored(
    session: Session, people: Cast, raw: bytes, reason: str
) -> None:
    before = count(session, AuditEntry)

    with pytest.raises(Invalid, match=reason):
        a_message(session, people, raw=raw)

    assert count(session, Message) == 0
    assert count(session, AuditEntry) == before


def test_a_message_may_be_as_large_as_the_limit_and_no_larger(
    session: Session, people: Cast
) -> None:
    a_message(session, people, max_bytes=len(an_eml()))

    with pytest.raises(Invalid, match="at most"):
        a_message(session, people, max_bytes=len(an_eml()) - 1)
    assert count(session, Message) == 1


@given(raw=st.binary(max_size=80) | st.binary(max_size=80).map(lambda end: an_eml() + end))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_kept_as_they_are_or_refused(
    session: Session, people: Cast, raw: bytes
) -> None:
    before = count(session, Message)
    try:
        message = a_message(session, people, raw=raw)
    except Invalid:
        assert count(session, Message) == before
    else:
        session.expire(message)
        assert message.raw == raw


def test_a_time_is_kept_in_its_instant(session: Session, people: Cast) -> None:
    send_at = datetime.now(timezone(timedelta(hours=-7))) + timedelta(days=30)

    message = a_message(session, people, send_at=send_at)

    session.expire_all()
    assert message.send_at == send_at


@pytest.mark.parametrize("ago", [timedelta(minutes=59), -timedelta(days=400)])
def test_a_plausible_time_is_accepted(session: Session, people: Cast, ago: timedelta) -> None:
    assert a_message(session, people, send_at=now() - ago).send_at


@pytest.mark.parametrize(
    ("send_at", "reason"),
    [
        (datetime(2099, 1, 31, 9), "needs a time zone"),  # noqa: DTZ001 (that is the point)
        (datetime.now(UTC) - timedelta(minutes=61), "is in the past"),
        (datetime(1970, 1, 1, tzinfo=UTC), "is in the past"),
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))), "is in the past"),
    ],
)
def test_an_implausible_time_is_refused(
    session: Session, people: Cast, send_at: datetime, reason: str
) -> None:
    with pytest.raises(Invalid, match=reason):
        a_message(session, people, send_at=send_at)

    assert count(session, Message) == 0


def test_a_time_that_can_be_written_can_be_read_again(session: Session, people: Cast) -> None:
    end_of_time = datetime.max.replace(tzinfo=timezone(-timedelta(hours=12)))

    try:
        message = a_message(session, people, send_at=end_of_time)
    except Invalid:
        return

    session.expire(message)
    assert message.send_at == end_of_time


def test_only_who_schedules_sets_a_time(session: Session, people: Cast) -> None:
    with pytest.raises(Trespass, match=r"SCHEDULE_SENDOUT \(618\)"):
        a_message(session, people, author=people.edsger, send_at=now())

    assert a_message(session, people, author=people.edsger).send_at is None


def test_an_author_with_right_601_submits_to_the_schedule(session: Session, people: Cast) -> None:
    message = a_message(session, people, author=people.barbara)

    write.hand_in(session, message, actor=Actor(people.barbara, PORTAL))

    assert message.state is MessageState.SCHEDULED
    assert session.scalars(select(Dispatch)).one().released_by_id == people.barbara.id
    assert session.scalars(select(ModerationRequest)).all() == []


def test_an_author_without_right_601_submits_to_the_approvers(
    session: Session, people: Cast
) -> None:
    message = a_message(session, people)

    write.hand_in(session, message, actor=Actor(people.ada, PORTAL))

    assert message.state is MessageState.IN_MODERATION
    assert session.scalars(select(ModerationRequest)).one().message is message
    assert session.scalars(select(Dispatch)).all() == []


def test_a_sender_who_was_disabled_hands_nothing_in_to_the_schedule(
    session: Session, people: Cast
) -> None:
    message = a_message(session, people, author=people.barbara)
    users.disable(session, people.barbara, actor=Actor.operator())

    write.hand_in(session, message, actor=Actor(people.barbara, PORTAL))

    assert message.state is MessageState.IN_MODERATION


@pytest.mark.parametrize("who", ["barbara", "edsger"])
def test_only_its_author_submits_a_message(session: Session, people: Cast, who: str) -> None:
    message = a_draft(session, people)

    with pytest.raises(Trespass, match="did not write message"):
        write.hand_in(session, message, actor=Actor(getattr(people, who), PORTAL))

    assert message.state is MessageState.DRAFT


@pytest.mark.parametrize("author", ["ada", "barbara"])
def test_handing_in_twice_is_refused(session: Session, people: Cast, author: str) -> None:
    who = getattr(people, author)
    message = a_message(session, people, author=who)
    write.hand_in(session, message, actor=Actor(who, PORTAL))

    with pytest.raises(IllegalTransition):
        write.hand_in(session, message, actor=Actor(who, PORTAL))


def test_a_message_that_does_not_exist_is_named(session: Session) -> None:
    with pytest.raises(Unknown, match="no message 12345"):
        write.message_by_id(session, 12345)


TEXT = b"Dear {{ name }}, {{ unsubscribe_url }}"
FIELDS = b"From: ada@example.org\nSubject: To {{ name }}\n\n" + TEXT


def with_fields(session: Session, people: Cast, raw: bytes = FIELDS) -> Message:
    draft = write.Draft(people.announce, raw, personal_fields=True)
    return write.write(session, draft, actor=Actor(people.ada, PORTAL), max_bytes=LIMIT)


def test_personal_fields_are_a_choice_that_the_approval_covers(
    session: Session, people: Cast
) -> None:
    chosen, plain = with_fields(session, people), a_message(session, people, raw=FIELDS)

    assert chosen.content_hash() != plain.content_hash()
    assert TEXT in an_example(plain)
    example = an_example(chosen)
    assert b"Subject: To Ada Lovelace\r\n" in example
    assert b"Dear Ada Lovelace, https://" in example.replace(b"=20", b" ").replace(b"=\r\n", b"")


def test_what_is_no_personal_field_is_refused_before_anyone_is_asked(
    session: Session, people: Cast
) -> None:
    with pytest.raises(Invalid, match="no personal field “firstname”"):
        with_fields(session, people, FIELDS.replace(b"name", b"firstname"))

    message, people.announce.personal = with_fields(session, people), False
    with pytest.raises(Invalid, match="are identical"):
        write.hand_in(session, message, actor=Actor(people.ada, PORTAL))
