"""Absences on pages: one's own, those of others, and where they are shown."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Absence, User
from models.clock import now
from notifications.wording.languages import format_day
from tests.builders import Cast, ask
from tests.portal.visitors import Visitor

Login = Callable[[User], Visitor]
TODAY = now().date()
FIRST, LAST = TODAY + timedelta(days=3), TODAY + timedelta(days=9)
# Begun in every time zone.
SINCE_YESTERDAY = f"{TODAY - timedelta(days=1)}"
FORM = {"first": FIRST.isoformat(), "last": LAST.isoformat(), "deputy": "edsger@example.org"}


def the_absence(session: Session) -> Absence:
    session.expire_all()
    return session.scalars(select(Absence)).one()


def test_an_absence_is_entered_changed_and_ended_and_shown_where_it_matters(
    session: Session, people: Cast, as_person: Login
) -> None:
    people.grace.time_zone = "America/Los_Angeles"
    grace, barbara = as_person(people.grace), as_person(people.barbara)

    assert grace.send("/account/absences", **FORM).location == "/account/absences"

    absence = the_absence(session)
    assert (absence.first_day, absence.last_day) == (FIRST, LAST)
    assert (absence.zone, absence.deputy) == ("America/Los_Angeles", people.edsger)
    words = f"to {format_day(LAST, people.barbara.language)}; deputy: Edsger Dijkstra"
    for path in (f"/users/{people.grace.id}", f"/approver-lists/{people.approvers.id}"):
        barbara.get(path)
        assert words in barbara.page, path
    grace.get(f"/account/absences?change={absence.id}")
    assert f'value="{LAST}"' in grace.page
    assert 'value="edsger@example.org"' in grace.page
    changed = {**FORM, "first": SINCE_YESTERDAY, "deputy": "", "change": str(absence.id)}
    theirs = f"/users/{people.grace.id}/absences"
    assert barbara.send(theirs, **changed).location == theirs
    assert the_absence(session).deputy is None
    assert grace.send(f"/account/absences/{absence.id}/end").status_code == 303
    grace.get("/account/absences")
    assert "No absence is entered." in grace.page


def test_a_refused_absence_marks_its_field_and_does_not_say_who_has_an_account(
    people: Cast, as_person: Login
) -> None:
    people.approvers.members.remove(people.linus)
    grace = as_person(people.grace)
    why = "A deputy is a member, author or approver of a list for which Grace Hopper answers."
    for typed, field, sentence in (
        ({"first": "tomorrow"}, "first", "This is not a date"),
        ({"last": ""}, "last", "This is not a date"),
        ({"last": "2020-01-01"}, "last", "before the first day"),
        ({"deputy": "linus@example.org"}, "deputy", why),
        ({"deputy": "unknown@example.org"}, "deputy", why),
        ({"deputy": "grace@example.org"}, "deputy", "another person"),
    ):
        answer = grace.send("/account/absences", **{**FORM, **typed})

        assert answer.status_code == 400, typed
        assert sentence in grace.page, typed
        assert f'id="{field}"' in grace.page.split('aria-invalid="true"')[0][-400:], typed


def test_the_deputy_sees_for_whom_and_pages_say_when_everyone_is_away(
    session: Session, people: Cast, as_person: Login
) -> None:
    grace, edsger = as_person(people.grace), as_person(people.edsger)
    grace.send("/account/absences", **{**FORM, "first": SINCE_YESTERDAY})
    request = ask(session, people)

    edsger.get("/requests")
    assert "General assembly" in edsger.page
    edsger.send(f"/requests/{request.id}/views")
    edsger.get(f"/requests/{request.id}")
    assert "You answer for" in edsger.page
    assert f"Grace Hopper, away until {format_day(LAST, people.edsger.language)}" in edsger.page
    assert edsger.send(f"/requests/{request.id}/decision", verdict="approved").status_code == 303

    alone = {**FORM, "first": SINCE_YESTERDAY, "deputy": ""}
    as_person(people.linus).send("/account/absences", **alone)
    absence = session.scalars(select(Absence).filter_by(user_id=people.grace.id)).one()
    absence.deputy = None
    waiting, ada = ask(session, people), as_person(people.ada)
    ada.get(f"/messages/{waiting.message_id}")
    assert "Everyone who may answer is away." in ada.page
    grace.send(f"/requests/{waiting.id}/views")
    grace.get(f"/requests/{waiting.id}")
    assert "Everyone who may answer is away." in grace.page
