"""Absences and deputies: who is asked, who may answer and for whom, and when that ends."""

from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Absence,
    Act,
    Actor,
    AuditEntry,
    Door,
    Invalid,
    LetterName,
    Notification,
    Trespass,
    Unknown,
    User,
    Verdict,
)
from models.clock import now
from portal.wording.audit_sentences import sentence
from tests.builders import Cast, ask, person
from workflows.lists import lists
from workflows.moderation import deadlines
from workflows.moderation.approvers import NotAnApprover
from workflows.moderation.decide import decide
from workflows.people.absences import (
    MAX_DAYS,
    Away,
    absences_ahead,
    end_absence,
    note_absences,
    set_absence,
)
from workflows.people.removal import remove_user
from workflows.people.users import disable
from workflows.queries.approver_inbox import is_approver, open_requests
from workflows.queries.message_status import timeline
from workflows.queries.removal_consequences import consequences

PORTAL, UTC = Door.PORTAL, ZoneInfo("UTC")
DAY = timedelta(days=1)
MODERATE, DECIDED = LetterName.MODERATE, LetterName.DECIDED


def away(
    session: Session, user: User, deputy: User | None = None, *, first: int = 0, last: int = 3
) -> Absence:
    """Enter an absence; `first` and `last` count from today."""
    today = now().date()
    days = Away(today + first * DAY, today + last * DAY, UTC, deputy)
    absence = set_absence(session, user, days, actor=Actor(user, PORTAL))
    session.flush()
    return absence


def letters_to(session: Session, user: User) -> list[LetterName]:
    session.flush()
    letters = select(Notification.letter).where(Notification.user_id == user.id)
    return list(session.scalars(letters.order_by(Notification.id)))


def test_a_request_goes_to_the_deputy_who_decides_for_the_absent(
    session: Session, people: Cast
) -> None:
    absence = away(session, people.grace, people.edsger)
    request = ask(session, people)

    asked = [letters_to(session, user) for user in (people.grace, people.linus, people.edsger)]
    assert asked == [[], [MODERATE], [MODERATE]]
    letter = session.scalars(select(Notification).filter_by(user_id=people.edsger.id)).one()
    assert letter.detail == {
        "absent": "Grace Hopper",
        "last_day": absence.last_day.isoformat(),
    }
    assert is_approver(session, people.edsger)
    assert session.scalars(open_requests(people.edsger)).all() == [request]
    decision = decide(session, request, Verdict.APPROVED, actor=Actor(people.edsger, Door.MAIL))

    assert decision.for_whom == people.grace
    assert letters_to(session, people.grace) == [DECIDED]
    assert letters_to(session, people.linus) == [MODERATE, DECIDED]
    said = [sentence(one) for one in timeline(session, request.message)]
    assert "Edsger Dijkstra (for Grace Hopper) approved" in said


def test_who_is_away_or_an_approver_decides_in_their_own_right(
    session: Session, people: Cast
) -> None:
    away(session, people.grace, people.linus)

    for approver in (people.grace, people.linus):
        request = ask(session, people)
        decision = decide(session, request, Verdict.REJECTED, actor=Actor(approver, PORTAL))
        assert decision.for_whom is None


def test_a_deputy_is_asked_when_the_absence_is_entered_and_void_when_it_ends(
    session: Session, people: Cast
) -> None:
    request = ask(session, people)
    absence = away(session, people.grace, people.edsger)
    assert letters_to(session, people.edsger) == [MODERATE]

    end_absence(session, people.grace, absence.id, actor=Actor(people.grace, PORTAL))

    assert people.edsger not in request.approvers()
    assert not is_approver(session, people.edsger)
    with pytest.raises(NotAnApprover):
        decide(session, request, Verdict.APPROVED, actor=Actor(people.edsger, PORTAL))
    assert letters_to(session, people.grace) == [MODERATE]  # asked before, and not again


def test_the_sweep_asks_the_deputy_at_the_beginning_and_the_approver_at_the_end(
    session: Session, people: Cast
) -> None:
    absence = away(session, people.grace, people.edsger, first=1)
    before = ask(session, people)
    assert people.edsger not in before.approvers()

    absence.from_at = absence.due_at = now() - DAY
    note_absences(session)
    assert letters_to(session, people.edsger) == [MODERATE]
    assert absence.due_at == absence.until_at
    ask(session, people)
    assert letters_to(session, people.grace) == [MODERATE]

    absence.until_at = absence.due_at = now()
    note_absences(session)
    assert letters_to(session, people.grace) == [MODERATE, MODERATE]
    assert absence.due_at is None


@pytest.mark.parametrize("has_escalation_list", [True, False])
def test_if_all_are_away_the_escalation_list_is_asked_at_once_or_everyone(
    session: Session, people: Cast, *, has_escalation_list: bool
) -> None:
    if has_escalation_list:
        board = lists.create_approver_list(
            session, "board", [people.barbara], actor=Actor.operator()
        )
        lists.assign_approvers(
            session, people.announce, board, escalation=True, actor=Actor.operator()
        )
    away(session, people.grace)
    first = ask(session, people)
    assert first.escalated_at is None

    away(session, people.linus)
    second = ask(session, people)

    for request in (first, second):
        assert (request.escalated_at is not None) is has_escalation_list
        assert request.answerers().all_away is not has_escalation_list
    barbaras, graces = (letters_to(session, one) for one in (people.barbara, people.grace))
    assert len(barbaras) == (2 if has_escalation_list else 0)
    assert len(graces) == (0 if has_escalation_list else 2)


def test_a_deputys_own_absence_leads_to_the_others_and_to_no_second_deputy(
    session: Session, people: Cast
) -> None:
    alan = person(session, "Alan Turing")
    away(session, people.edsger)
    away(session, people.grace, people.edsger)

    request = ask(session, people)

    assert [letters_to(session, one) for one in (people.edsger, alan)] == [[], []]
    assert letters_to(session, people.linus) == [MODERATE]
    assert people.edsger in request.approvers()  # as who is away may answer, too


def test_who_is_away_is_not_reminded_and_the_deputy_is(session: Session, people: Cast) -> None:
    request = ask(session, people)
    away(session, people.grace, people.edsger)

    deadlines.remind(session, request)

    assert letters_to(session, people.grace) == [MODERATE]
    assert letters_to(session, people.edsger) == [MODERATE, LetterName.REMINDER]


def test_days_are_those_of_the_zone(session: Session, people: Cast) -> None:
    zone = ZoneInfo("Pacific/Auckland")
    day = now().astimezone(zone).date() + DAY

    absence = set_absence(
        session, people.grace, Away(day, day, zone), actor=Actor(people.grace, PORTAL)
    )

    assert (absence.first_day, absence.last_day) == (day, day)
    assert absence.from_at.astimezone(zone).date() == day
    assert (absence.until_at - absence.from_at) > timedelta(hours=22)


def test_what_cannot_be_is_refused(session: Session, people: Cast) -> None:
    alan = person(session, "Alan Turing")
    disabled = person(session, "Kurt Gödel")
    disable(session, disabled, actor=Actor.operator())
    away(session, people.grace, people.edsger, first=5, last=6)
    for first, last, deputy, why in (
        (1, 0, None, "before the first day"),
        (-2, -1, None, "in the past"),
        (0, MAX_DAYS + 1, None, "within 730 days"),
        (6, 7, None, "already away"),
        (4, 5, None, "already away"),
        (0, 1, people.grace, "another person"),
        (0, 1, alan, "a member, author or approver of a list"),
        (0, 1, disabled, "disabled"),
    ):
        with pytest.raises(Invalid, match=why):
            away(session, people.grace, deputy, first=first, last=last)
    away(session, people.grace, first=7, last=7)
    with pytest.raises(Trespass):
        set_absence(
            session,
            people.grace,
            Away(now().date(), now().date(), UTC),
            actor=Actor(people.linus, PORTAL),
        )


def test_an_absence_is_changed_and_a_future_one_is_cancelled(
    session: Session, people: Cast
) -> None:
    absence, later = away(session, people.grace), away(session, people.grace, first=7, last=8)
    absence.from_at = began_at = now() - 3 * DAY
    grace, today = Actor(people.grace, PORTAL), now().date()
    ask(session, people)
    longer = Away(today, today + 5 * DAY, UTC, people.edsger)

    set_absence(session, people.grace, longer, actor=grace, number=absence.id)
    end_absence(session, people.grace, later.id, actor=grace)

    assert absences_ahead(session, [people.grace]) == [absence]
    assert (absence.from_at, absence.last_day) == (began_at, today + 5 * DAY)
    assert letters_to(session, people.edsger) == [MODERATE]
    end_absence(session, people.grace, absence.id, actor=grace)
    assert absences_ahead(session, [people.grace]) == []
    for number in (absence.id, later.id):
        with pytest.raises(Unknown):
            end_absence(session, people.grace, number, actor=grace)
    acts = session.scalars(
        select(AuditEntry.act).where(AuditEntry.about_id == people.grace.id)
    ).all()
    assert (acts.count(Act.SET_ABSENCE), acts.count(Act.ENDED_ABSENCE)) == (3, 2)


@pytest.mark.parametrize("leave", [disable, remove_user])
def test_disabling_and_removal_end_absences_and_deputyships(
    session: Session, people: Cast, leave: Callable[..., object]
) -> None:
    barbara = Actor(people.barbara, PORTAL)
    later = away(session, people.edsger, first=7, last=8)
    graces = away(session, people.grace, people.edsger)
    away(session, people.linus)
    request = ask(session, people)
    assert consequences(session, people.edsger).deputyships == [graces]
    assert letters_to(session, people.grace) == []

    leave(session, people.edsger, actor=barbara)
    note_absences(session)

    session.expire_all()
    assert session.get(Absence, later.id) is None
    assert graces.deputy is None
    assert people.edsger not in request.approvers()
    assert letters_to(session, people.grace) == [MODERATE]  # all are away
    leave(session, people.grace, actor=barbara)
    session.expire_all()
    assert absences_ahead(session, [people.grace, people.edsger]) == []
