"""Sendout rules: who sets them, valid values, effect on running sendouts."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    AuditEntry,
    Door,
    IllegalTransition,
    Invalid,
    MailingList,
    Message,
    MessageState,
    Rate,
    SendoutRules,
    Span,
    Trespass,
    Verdict,
    Window,
)
from models.clock import now
from tests.builders import LIMIT, Cast, a_dispatch, a_draft, a_list, a_request, an_eml
from tests.workflows.sendout.splitting import a_split
from workflows.messages import drafts, write
from workflows.moderation.decide import decide, request_approval
from workflows.sendout.rules import set_sendout_rules
from workflows.sendout.schedule import release

PORTAL = Door.PORTAL


def rules(rate: str = "", window: str = "") -> SendoutRules:
    """Return rules such as ("60/1", "08:00-20:00")."""
    return SendoutRules(
        Rate.read(rate) if rate else None, (Window.read(window),) if window else None
    )


def set_rules(
    session: Session, people: Cast, wanted: SendoutRules, which: MailingList | None = None
) -> bool:
    """Barbara sets the rules of the cast's list, or of another."""
    return set_sendout_rules(
        session, which or people.announce, wanted, actor=Actor(people.barbara, PORTAL)
    )


def choose(session: Session, message: Message, wanted: SendoutRules) -> None:
    """The author gives the message rules of its own."""
    drafts.reschedule(
        session, message, actor=Actor(message.author, PORTAL), send_at=message.send_at, rules=wanted
    )


def newest(session: Session) -> AuditEntry:
    return session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()


@pytest.mark.parametrize("who", ["ada", "grace", "edsger"])
def test_only_who_may_edit_lists_sets_their_rules(session: Session, people: Cast, who: str) -> None:
    by = getattr(people, who)

    with pytest.raises(Trespass):
        set_sendout_rules(session, people.announce, rules("60/1"), actor=Actor(by, Door.PORTAL))

    assert people.announce.sendout_rules == SendoutRules()


def test_the_rules_of_a_list_are_set_and_on_record(session: Session, people: Cast) -> None:
    assert set_rules(session, people, rules("500/30", "22:00-06:00")) is True

    assert people.announce.sendout_rules == rules("500/30", "22:00-06:00")
    entry = newest(session)
    assert (entry.act, entry.actor) == (Act.SET_SENDOUT_RULES, "Barbara Liskov")
    assert (entry.list_id, entry.door) == (people.announce.id, PORTAL)
    assert entry.detail == {"rate": "500/30", "window": "22:00-06:00"}


def test_rules_that_stay_as_they_are_leave_no_trace(session: Session, people: Cast) -> None:
    set_rules(session, people, rules("60/1"))
    before = newest(session).id

    assert set_rules(session, people, rules("60/1")) is False

    assert newest(session).id == before


def test_an_author_may_choose_to_be_slower_and_narrower(session: Session, people: Cast) -> None:
    set_rules(session, people, rules("60/1", "08:00-20:00"))
    draft = a_draft(session, people)

    choose(session, draft, rules("30/10", "18:00-22:00"))

    assert draft.sendout_rules == rules("30/10", "18:00-22:00")
    assert draft.rules_in_force == rules("30/10", "18:00-20:00")
    assert newest(session).detail == {"rate": "30/10", "window": "18:00-22:00"}


@pytest.mark.parametrize("rate", ["61/1", "60/29", "500/30", "10000/1440"])
def test_no_author_may_be_faster_than_the_list(session: Session, people: Cast, rate: str) -> None:
    set_rules(session, people, rules("60/30"))
    draft = a_draft(session, people)

    with pytest.raises(Invalid, match="at most 60 copies in 30 minutes"):
        choose(session, draft, rules(rate))

    assert draft.sendout_rules == SendoutRules()


def test_a_window_without_any_time_in_the_lists_is_refused(session: Session, people: Cast) -> None:
    set_rules(session, people, rules(window="08:00-20:00"))
    draft = a_draft(session, people)

    with pytest.raises(Invalid, match="only at 20:00-22:00, and the list's window is 08:00-20:00"):
        choose(session, draft, rules(window="20:00-22:00"))


def test_no_author_may_spread_a_message_over_less_time_than_the_list(
    session: Session, people: Cast
) -> None:
    set_rules(session, people, SendoutRules(span=Span(60)))
    draft = a_draft(session, people)

    with pytest.raises(Invalid, match="spreads each sendout over 60 minutes: choose no fewer"):
        choose(session, draft, SendoutRules(span=Span(59)))

    assert draft.sendout_rules == SendoutRules()
    choose(session, draft, SendoutRules(span=Span(60)))
    assert draft.sendout_rules == SendoutRules(span=Span(60))


def test_the_rest_of_a_split_message_is_sent_after_its_variants(
    session: Session, people: Cast
) -> None:
    message = a_split(session, people, 10, 10)
    assert message.rest_at
    ada = Actor(people.ada, PORTAL)

    with pytest.raises(Invalid, match="The winner goes out after the variants"):
        drafts.reschedule(session, message, actor=ada, send_at=message.rest_at)

    drafts.reschedule(session, message, actor=ada, send_at=message.rest_at - timedelta(minutes=1))


def test_an_author_with_the_right_to_schedule_writes_a_message_with_rules(
    session: Session, people: Cast
) -> None:
    def draft_of(author: str) -> Message:
        return write.write(
            session,
            write.Draft(people.announce, an_eml()),
            actor=Actor(getattr(people, author), Door.COMMAND_LINE),
            max_bytes=LIMIT,
            rules=rules("5/1"),
        )

    with pytest.raises(Trespass):
        draft_of("edsger")

    assert draft_of("ada").sendout_rules == rules("5/1")


def test_rules_are_not_changed_while_approvers_are_asked(session: Session, people: Cast) -> None:
    message = a_request(session, people).message

    with pytest.raises(IllegalTransition):
        choose(session, message, rules("5/1"))

    assert message.sendout_rules == SendoutRules()


def test_rules_that_change_after_the_approval_are_on_record_for_all_to_see(
    session: Session, people: Cast
) -> None:
    waiting = a_dispatch(session, people)

    choose(session, waiting.message, rules("5/1"))

    entry = newest(session)
    assert (entry.act, entry.message_id) == (Act.RESCHEDULED, waiting.message_id)
    assert entry.detail == {"rate": "5/1", "window": ""}


def test_a_draft_whose_list_has_other_rules_now_is_not_handed_in(
    session: Session, people: Cast
) -> None:
    draft = a_draft(session, people)
    choose(session, draft, rules(window="10:00-12:00"))
    set_rules(session, people, rules(window="14:00-16:00"))

    with pytest.raises(Invalid, match="they do not overlap"):
        request_approval(session, draft, actor=Actor(people.ada, PORTAL))

    assert draft.state is MessageState.DRAFT


def test_a_draft_moved_to_another_list_is_not_released_against_its_rules(
    session: Session, people: Cast
) -> None:
    night = a_list(session, "night")
    set_rules(session, people, rules(window="22:00-06:00"), night)
    draft = write.write(
        session,
        write.Draft(people.announce, an_eml()),
        actor=Actor(people.barbara, PORTAL),
        max_bytes=LIMIT,
    )
    choose(session, draft, rules(window="10:00-12:00"))
    draft.mailing_list = night
    session.flush()

    with pytest.raises(Invalid, match="they do not overlap"):
        release(session, draft, actor=Actor(people.barbara, PORTAL))


@pytest.mark.parametrize("decided", [True, False])
def test_a_list_cannot_take_all_time_from_a_message_on_its_way(
    session: Session, people: Cast, decided: bool
) -> None:
    draft = a_draft(session, people)
    choose(session, draft, rules(window="10:00-12:00"))
    request = request_approval(session, draft, actor=Actor(people.ada, PORTAL))
    if decided:
        decide(session, request, Verdict.APPROVED, actor=Actor(people.grace, PORTAL))

    with pytest.raises(Invalid, match=f"Message {draft.id} may be sent only at 10:00-12:00"):
        set_rules(session, people, rules(window="14:00-16:00"))

    assert people.announce.sendout_rules == SendoutRules()
    assert set_rules(session, people, rules(window="11:00-16:00")) is True


def test_new_rules_reset_when_sendouts_of_the_list_are_due(session: Session, people: Cast) -> None:
    waits, later, elsewhere = (a_dispatch(session, people) for _ in range(3))
    later.message.send_at = now() + timedelta(days=2)
    elsewhere.message.mailing_list = a_list(session, "staff")
    for one in (waits, later, elsewhere):
        one.postpone(now() + timedelta(days=3))
    session.flush()

    set_rules(session, people, rules("60/1"))

    assert waits.due_at <= now()
    assert later.due_at == later.message.send_at
    assert elsewhere.due_at > now() + timedelta(days=2)


def test_a_copy_has_no_rules_and_a_deleted_draft_forgets_them(
    session: Session, people: Cast
) -> None:
    draft = a_draft(session, people)
    choose(session, draft, rules("5/1"))

    copied = drafts.copy(session, draft, actor=Actor(people.ada, PORTAL), max_bytes=LIMIT)
    drafts.discard(session, draft, actor=Actor(people.ada, PORTAL))

    assert copied.sendout_rules == draft.sendout_rules == SendoutRules()


@pytest.mark.parametrize("text", ["60", "60/", "/1", "a/1", "-5/1", "60/1/2", "9" * 30 + "/1"])
def test_an_invalid_rate_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="Write a rate like 500/30"):
        Rate.read(text)


@pytest.mark.parametrize("text", ["8-20", "08:00", "08:00-25:00", "08:00-20:00-22:00", "", "x-y"])
def test_an_invalid_window_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="Write a time of day like 08:00"):
        Window.read(text)
