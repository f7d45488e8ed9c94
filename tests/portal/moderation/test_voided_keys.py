"""Who may no longer answer is refused at every door, with keys that would decide otherwise."""

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Absence, Actor, ApproverKeys, Door, ModerationRequest, RequestState, User
from models.clock import now
from notifications.letters.keys import hashed
from tests.builders import Cast, ask, listgate
from tests.letter_context import KEYS
from tests.portal.visitors import Visitor, an_app
from tests.workflows.inbound.mails import a_reply, receive
from workflows.celery import app
from workflows.inbound import sms
from workflows.lists.approver_lists import add_approver, remove_approver
from workflows.moderation.approvers import NotAnApprover
from workflows.people.absences import Away, end_absence, set_absence

Login = Callable[[User], Visitor]


class Attempt(NamedTuple):
    """An approval, and what each door needs for it."""

    session: Session
    request: ModerationRequest
    keys: ApproverKeys
    browser: Visitor  # of the approver, logged in

    @property
    def user(self) -> User:
        return self.keys.user


def by_page(attempt: Attempt) -> None:
    attempt.browser.get("/account/details")
    attempt.browser.send(f"/requests/{attempt.request.id}/decision", verdict="approved")


def by_link(attempt: Attempt) -> None:
    Visitor(an_app()).post(f"/answer/{KEYS.link_token(attempt.keys.id)}", verdict="approved")


def by_mail(attempt: Attempt) -> None:
    mail = a_reply("OK", by=f"{attempt.user.name} <{attempt.user.address}>")
    token = KEYS.reply_token(attempt.keys.id)
    receive(attempt.session, attempt.request, mail, token=token, sender=attempt.user.address)


def by_sms(attempt: Attempt) -> None:
    assert attempt.user.phone
    text = f"OK {KEYS.code(attempt.keys.id)}"
    sms.answer(attempt.session, attempt.user.phone, text, keys=KEYS, policy="allow")


def by_command(attempt: Attempt) -> None:
    listgate("decide", str(attempt.request.id), "approve", "--as", attempt.user.address)


def by_task(attempt: Attempt) -> None:
    app.tasks["listgate.decide"](
        idempotency_key=str(uuid4()),
        request_id=attempt.request.id,
        approver_id=attempt.user.id,
        verdict="approved",
    )


DOORS: dict[Door, Callable[[Attempt], None]] = {
    Door.PORTAL: by_page,
    Door.LINK: by_link,
    Door.MAIL: by_mail,
    Door.SMS: by_sms,
    Door.COMMAND_LINE: by_command,
    Door.SERVICE: by_task,
}


def approve(attempt: Attempt, door: Door) -> RequestState:
    """Try to approve through this door; return the request's state then."""
    attempt.session.commit()
    try:
        DOORS[door](attempt)
    except NotAnApprover:
        attempt.session.rollback()
    attempt.session.expire_all()
    return attempt.request.state


def keys_of(session: Session, request: ModerationRequest, user: User) -> ApproverKeys:
    """Return the keys of this user, as after their letter was written."""
    found = select(ApproverKeys).filter_by(request_id=request.id, user_id=user.id)
    keys = session.scalars(found).one()
    keys.reply_hash = hashed(KEYS.reply_token(keys.id))
    keys.link_hash = hashed(KEYS.link_token(keys.id))
    return keys


def send_away(session: Session, people: Cast) -> None:
    """Have Edsger be the deputy of Linus today."""
    today = now().date()
    away = Away(today, today + timedelta(days=1), ZoneInfo("UTC"), people.edsger)
    set_absence(session, people.linus, away, actor=Actor(people.linus, Door.PORTAL))


def call_back(session: Session, people: Cast) -> None:
    """End the absence of Linus."""
    session.flush()
    (number,) = session.scalars(select(Absence.id).where(Absence.is_ahead()))
    end_absence(session, people.linus, number, actor=Actor(people.linus, Door.PORTAL))


def test_keys_are_void_at_every_door_for_a_removed_approver_and_after_an_absence(
    session: Session, people: Cast, as_person: Login
) -> None:
    people.grace.phone, people.edsger.phone = "+33612345678", "+33687654321"
    operator, editors, grace = Actor.operator(), people.approvers, people.grace
    send_away(session, people)
    browsers = {user: as_person(user) for user in (grace, people.edsger)}
    cases: list[tuple[User, Callable[[], object], Callable[[], object], User | None]] = [
        (
            grace,
            lambda: remove_approver(session, editors, grace, actor=operator),
            lambda: add_approver(session, editors, grace, actor=operator),
            None,
        ),
        (
            people.edsger,
            lambda: call_back(session, people),
            lambda: send_away(session, people),
            people.linus,
        ),
    ]
    for user, void, restore, for_whom in cases:
        for door in DOORS:
            request = ask(session, people)
            keys = keys_of(session, request, user)
            attempt = Attempt(session, request, keys, browsers[user])

            void()

            assert approve(attempt, door) is RequestState.OPEN, (user.name, door)
            restore()
            assert approve(attempt, door) is RequestState.DECIDED, (user.name, door)
            assert request.decision
            made = (request.decision.approver, request.decision.for_whom, request.decision.via)
            assert made == (user, for_whom, door)
        void()
        session.commit()
        assert browsers[user].get(f"/requests/{request.id}").status_code == 403
