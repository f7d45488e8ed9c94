"""Letters that ask an approver are limited; what is beyond is in one digest."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Actor,
    Channel,
    Door,
    LetterName,
    ListKind,
    Message,
    Notification,
    NotificationState,
    User,
    Verdict,
)
from models.clock import now
from notifications.letters.delivery import is_moot
from notifications.letters.digest import digested
from notifications.letters.letters import LETTERS
from tests.builders import LIMIT, Cast, an_eml, person
from workflows.lists import lists
from workflows.lists.lists import NewList
from workflows.messages.write import Draft, hand_in, write
from workflows.moderation.asking import MayNotWrite, TooManyOpenRequests
from workflows.moderation.deadlines import escalate, remind
from workflows.moderation.decide import decide
from workflows.moderation.digest import SAME_AUTHOR, put_off
from workflows.notify import try_other_channel
from workflows.queries.message_status import newest_request
from workflows.subscriptions.subscribe import subscribe

OPERATOR = Actor.operator()


def ask(session: Session, people: Cast, author: User) -> Message:
    """A message of this author that waits for an answer."""
    actor = Actor(author, Door.PORTAL)
    draft = Draft(people.announce, an_eml())
    message = write(session, draft, actor=actor, max_bytes=LIMIT)
    hand_in(session, message, actor=actor)
    return message


def letters_to(session: Session, user: User) -> list[Notification]:
    """The pending letters that are due, oldest first."""
    return list(
        session.scalars(
            select(Notification)
            .where(
                Notification.user_id == user.id,
                Notification.state == NotificationState.PENDING,
                Notification.due_at <= now(),
            )
            .order_by(Notification.id)
        )
    )


def deliver_all(session: Session, user: User, *, most: int = 12) -> list[LetterName]:
    """Send what is due and may leave; return what left."""
    left = []
    for letter in letters_to(session, user):
        if put_off(session, letter, most):
            continue
        if is_moot(letter):
            letter.move(NotificationState.MOOT)
            continue
        letter.move(NotificationState.SENT)
        letter.sent_at = now()
        left.append(letter.letter)
    session.flush()
    return left


def digests(session: Session, user: User) -> list[Notification]:
    """The pending digests of this person."""
    own = select(Notification).filter_by(
        user_id=user.id, letter=LetterName.DIGEST, state=NotificationState.PENDING
    )
    return list(session.scalars(own))


def pass_time(session: Session, passed: timedelta) -> None:
    """Let everything have happened that much earlier."""
    for letter in session.scalars(select(Notification)):
        letter.due_at -= passed
        if letter.sent_at:
            letter.sent_at -= passed
    session.flush()


def test_a_second_request_of_an_author_within_ten_minutes_is_in_the_digest(
    session: Session, people: Cast
) -> None:
    first, second, third = (ask(session, people, people.ada) for _ in range(3))
    other = ask(session, people, people.edsger)

    assert deliver_all(session, people.grace) == [LetterName.MODERATE] * 2

    (digest,) = digests(session, people.grace)
    assert {one.message for one in digested(digest)} == {second, third}
    assert {first, other}.isdisjoint({one.message for one in digested(digest)})
    assert timedelta(minutes=9) < digest.due_at - now() <= SAME_AUTHOR
    pass_time(session, SAME_AUTHOR)
    assert deliver_all(session, people.grace) == [LetterName.DIGEST]
    ask(session, people, people.ada)
    assert deliver_all(session, people.grace) == []  # the digest named her


def test_a_digest_names_only_what_is_still_to_answer(session: Session, people: Cast) -> None:
    _, second, third = (ask(session, people, people.ada) for _ in range(3))
    deliver_all(session, people.grace)
    (digest,) = digests(session, people.grace)

    linus = Actor(people.linus, Door.PORTAL)
    decide(session, newest_request(session, second), Verdict.APPROVED, actor=linus)
    assert [one.message for one in digested(digest)] == [third]
    decide(session, newest_request(session, third), Verdict.APPROVED, actor=linus)

    assert LETTERS[LetterName.DIGEST].moot(digest)


def test_a_letter_about_a_decided_request_is_in_no_digest(session: Session, people: Cast) -> None:
    _, second = (ask(session, people, people.ada) for _ in range(2))
    linus = Actor(people.linus, Door.PORTAL)
    decide(session, newest_request(session, second), Verdict.APPROVED, actor=linus)

    deliver_all(session, people.grace)

    assert digests(session, people.grace) == []


def test_an_hour_has_so_many_letters_and_the_digest_waits_for_its_end(
    session: Session, people: Cast
) -> None:
    authors = [person(session, f"Author{number} X") for number in range(3)]
    for author in authors:
        ask(session, people, author)

    assert deliver_all(session, people.grace, most=2) == [LetterName.MODERATE] * 2

    (digest,) = digests(session, people.grace)
    assert timedelta(minutes=59) < digest.due_at - now() <= timedelta(hours=1)
    pass_time(session, timedelta(hours=1))
    assert deliver_all(session, people.grace, most=2) == [LetterName.DIGEST]


def test_reminders_and_escalations_wait_for_the_hour_but_not_for_the_author(
    session: Session, people: Cast
) -> None:
    requests = [newest_request(session, ask(session, people, people.ada)) for _ in range(2)]
    deliver_all(session, people.grace)
    people.announce.escalation_list = lists.create_approver_list(
        session, "board", [people.barbara], actor=OPERATOR
    )

    for request in requests:
        remind(session, request)
        escalate(session, request)

    assert deliver_all(session, people.barbara) == [LetterName.MODERATE] * 2
    assert deliver_all(session, people.grace, most=2) == [LetterName.REMINDER]


def test_a_digest_that_fails_is_repeated_once_over_the_other_channel(
    session: Session, people: Cast
) -> None:
    people.grace.phone = "+33612345678"
    for _ in range(2):
        ask(session, people, people.ada)
    deliver_all(session, people.grace)
    (digest,) = digests(session, people.grace)
    digest.move(NotificationState.FAILED)

    try_other_channel(session, digest)
    session.flush()

    (repeated,) = digests(session, people.grace)
    assert repeated.channel is Channel.SMS
    assert digested(repeated) == digested(digest) != []
    repeated.move(NotificationState.FAILED)
    try_other_channel(session, repeated)
    session.flush()
    assert digests(session, people.grace) == []


@pytest.mark.parametrize("stopped", [False, True])
def test_a_letter_is_not_repeated_over_a_channel_that_the_person_has_not(
    session: Session, people: Cast, stopped: bool
) -> None:
    if stopped:
        people.grace.phone, people.grace.sms_stopped_at = "+33612345678", now()
    ask(session, people, people.ada)
    (letter,) = letters_to(session, people.grace)
    letter.move(NotificationState.FAILED)

    try_other_channel(session, letter)

    session.flush()
    assert letters_to(session, people.grace) == []


@pytest.mark.parametrize("kind", ListKind)
def test_a_member_without_a_role_cannot_flood_the_approvers(
    session: Session, people: Cast, kind: ListKind
) -> None:
    new = NewList("fresh", "fresh@example.org", "Fresh", kind=kind)
    fresh = lists.create_list(session, new, actor=OPERATOR)
    lists.assign_approvers(session, fresh, people.approvers, actor=OPERATOR)
    subscribe(session, people.edsger, fresh, actor=OPERATOR)
    there = people._replace(announce=fresh)
    asked = 0 if kind is ListKind.ANNOUNCEMENT else 3
    refusal = TooManyOpenRequests if asked else MayNotWrite

    for _ in range(asked):
        ask(session, there, people.edsger)
    with pytest.raises(refusal, match="the list fresh, and"):
        ask(session, there, people.edsger)

    for approver in (people.grace, people.linus):
        left = deliver_all(session, approver)
        assert left == ([LetterName.MODERATE] if asked else [])
        assert [len(digested(one)) for one in digests(session, approver)] == ([2] if asked else [])


def test_a_digest_waits_if_other_letters_have_filled_the_hour(
    session: Session, people: Cast
) -> None:
    for author in (people.ada, people.ada, people.edsger):
        ask(session, people, author)
    deliver_all(session, people.grace)
    (digest,) = digests(session, people.grace)
    pass_time(session, SAME_AUTHOR)

    assert deliver_all(session, people.grace, most=2) == []

    assert digests(session, people.grace) == [digest]
    assert timedelta(minutes=49) < digest.due_at - now() <= timedelta(minutes=50)
    assert put_off(session, digest, 2), "its task was published twice"
    pass_time(session, timedelta(minutes=50))
    assert deliver_all(session, people.grace, most=2) == [LetterName.DIGEST]


def test_a_request_that_may_be_named_earlier_brings_the_digest_forward(
    session: Session, people: Cast
) -> None:
    ask(session, people, people.edsger)
    deliver_all(session, people.grace)
    pass_time(session, timedelta(minutes=5))
    second = [ask(session, people, people.ada) for _ in range(2)][1]
    deliver_all(session, people.grace)
    (digest,) = digests(session, people.grace)
    assert digest.due_at - now() > timedelta(minutes=9)

    third = ask(session, people, people.edsger)
    assert deliver_all(session, people.grace) == []

    assert digests(session, people.grace) == [digest]
    assert {one.message for one in digested(digest)} == {second, third}
    assert timedelta(minutes=4) < digest.due_at - now() <= timedelta(minutes=5)
