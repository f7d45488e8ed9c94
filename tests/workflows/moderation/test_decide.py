"""Ask for approval, decide, withdraw."""

from datetime import timedelta
from itertools import product

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import (
    Actor,
    Decision,
    Dispatch,
    DispatchState,
    Door,
    IllegalTransition,
    LetterName,
    MessageState,
    Notification,
    RequestState,
    Trespass,
    Verdict,
)
from models.clock import now
from tests.builders import Cast, a_draft, a_list, a_request, ask
from workflows import access
from workflows.lists import lists
from workflows.moderation.approvers import NotAnApprover
from workflows.moderation.decide import (
    AlreadyDecided,
    CommentMissing,
    NoApprovers,
    NoLongerOpen,
    decide,
    request_approval,
    request_by_id,
    withdraw,
)
from workflows.people import users
from workflows.sendout.schedule import release
from workflows.transaction import transaction

COMMAND_LINE = Door.COMMAND_LINE


def letters(session: Session) -> list[tuple[LetterName, str]]:
    """Which letters are on their way to whom."""
    rows = session.scalars(select(Notification).order_by(Notification.id))
    return [(row.letter, row.user.name.split()[0]) for row in rows]


def test_asking_notifies_every_approver(session: Session, people: Cast) -> None:
    request = ask(session, people)

    assert request.message.state is MessageState.IN_MODERATION
    assert letters(session) == [
        (LetterName.MODERATE, "Grace"),
        (LetterName.MODERATE, "Linus"),
    ]


def test_asking_fixes_the_content(session: Session, people: Cast) -> None:
    request = ask(session, people)

    assert request.content_hash == request.message.content_hash()
    request.message.raw += b"and bring money\n"
    assert request.content_hash != request.message.content_hash()


def test_asking_twice_is_refused(session: Session, people: Cast) -> None:
    request = ask(session, people)

    with pytest.raises(IllegalTransition):
        request_approval(session, request.message, actor=Actor(people.ada, Door.PORTAL))


def test_only_the_author_asks(session: Session, people: Cast) -> None:
    draft = a_draft(session, people)

    with pytest.raises(Trespass, match="Edsger Dijkstra did not write"):
        request_approval(session, draft, actor=Actor(people.edsger, Door.PORTAL))


def test_a_list_without_approver_list_is_named_in_the_refusal(
    session: Session, people: Cast
) -> None:
    draft = a_draft(session, people)
    draft.mailing_list = a_list(session, "staff")

    with pytest.raises(NoApprovers, match="the list staff, and it has no approver list"):
        request_approval(session, draft, actor=Actor(people.ada, Door.PORTAL))
    assert draft.state is MessageState.DRAFT


@pytest.mark.parametrize("reason", ["nobody", "only the author", "only a disabled person"])
def test_asking_is_refused_when_no_approver_could_answer(
    session: Session, people: Cast, reason: str
) -> None:
    members = {"nobody": [], "only the author": [people.ada]}.get(reason, [people.grace])
    lists.set_approvers(session, people.approvers, members, actor=Actor.operator())
    if reason == "only a disabled person":
        users.disable(session, people.grace, actor=Actor.operator())

    with pytest.raises(NoApprovers, match="nobody else on its approver list can answer"):
        ask(session, people)


def test_an_approved_message_is_scheduled(session: Session, people: Cast) -> None:
    request = a_request(session, people)

    decide(session, request, Verdict.APPROVED, actor=Actor(people.grace, Door.PORTAL))

    dispatch = session.scalars(select(Dispatch)).one()
    assert request.state is RequestState.DECIDED
    assert request.message.state is MessageState.SCHEDULED
    assert dispatch.state is DispatchState.WAITING
    assert dispatch.request_id == request.id
    assert dispatch.content_hash == request.content_hash


def test_an_approved_message_waits_for_its_time(session: Session, people: Cast) -> None:
    draft = a_draft(session, people)
    draft.send_at = now() + timedelta(days=3)
    request = request_approval(session, draft, actor=Actor(people.ada, Door.PORTAL))

    decide(session, request, Verdict.APPROVED, actor=Actor(people.grace, Door.PORTAL))

    assert session.scalars(select(Dispatch)).one().due_at == draft.send_at


def test_a_time_that_passed_before_the_approval_is_now(session: Session, people: Cast) -> None:
    draft = a_draft(session, people)
    draft.send_at = now() - timedelta(days=3)
    request = request_approval(session, draft, actor=Actor(people.ada, Door.PORTAL))

    decide(session, request, Verdict.APPROVED, actor=Actor(people.grace, Door.PORTAL))

    due_at = session.scalars(select(Dispatch)).one().due_at
    assert abs(due_at - now()) < timedelta(seconds=5)


def test_a_rejected_message_comes_back_with_the_reason(session: Session, people: Cast) -> None:
    request = a_request(session, people)

    decide(
        session,
        request,
        Verdict.REJECTED,
        actor=Actor(people.grace, Door.PORTAL),
        comment=" too long \n",
    )

    assert request.message.state is MessageState.REJECTED
    assert letters(session)[-1] == (LetterName.REJECTED, "Ada")
    assert session.scalars(select(Decision)).one().comment == "too long"
    assert session.scalar(select(func.count(Dispatch.id))) == 0


def test_a_message_that_is_sent_back_is_a_draft_and_leaves_only_with_a_new_approval(
    session: Session, people: Cast
) -> None:
    request, grace = a_request(session, people), Actor(people.grace, Door.PORTAL)

    decide(session, request, Verdict.SENT_BACK, actor=grace, comment="too long")

    message = request.message
    assert (request.state, message.state) == (RequestState.DECIDED, MessageState.DRAFT)
    assert letters(session)[-2:] == [(LetterName.DECIDED, "Linus"), (LetterName.SENT_BACK, "Ada")]
    with pytest.raises(AlreadyDecided, match="Grace Hopper has already sent this message back"):
        decide(session, request, Verdict.APPROVED, actor=Actor(people.linus, Door.PORTAL))
    with pytest.raises(Trespass):
        release(session, message, actor=Actor(people.ada, Door.PORTAL))
    assert session.scalar(select(func.count(Dispatch.id))) == 0
    again = request_approval(session, message, actor=Actor(people.ada, Door.PORTAL))
    decide(session, again, Verdict.APPROVED, actor=grace)
    assert session.scalars(select(Dispatch)).one().request_id == again.id


def test_a_message_is_sent_back_with_a_comment_only(session: Session, people: Cast) -> None:
    request, grace = a_request(session, people), Actor(people.grace, Door.SERVICE)

    for comment in ("", " \n"):
        with pytest.raises(CommentMissing, match="what the author should change"):
            decide(session, request, Verdict.SENT_BACK, actor=grace, comment=comment)
    assert (request.state, request.decision) == (RequestState.OPEN, None)


@pytest.mark.parametrize(
    ("verdict", "letter"),
    [
        (Verdict.REJECTED, LetterName.REJECTED),
        (Verdict.SENT_BACK, LetterName.SENT_BACK),
    ],
)
def test_a_refusal_and_its_notice_are_one_transaction(
    session: Session, people: Cast, verdict: Verdict, letter: LetterName
) -> None:
    request = a_request(session, people)
    session.commit()

    with pytest.raises(ZeroDivisionError), transaction() as other:
        again = request_by_id(other, request.id)
        grace = access.actor_with_address(other, "grace@example.org", COMMAND_LINE)
        decide(other, again, verdict, actor=grace, comment="too long")
        raise ZeroDivisionError

    session.expire_all()
    assert request.state is RequestState.OPEN
    assert (letter, "Ada") not in letters(session)


def test_the_second_approver_learns_who_decided_what_and_when(
    session: Session, people: Cast
) -> None:
    request = a_request(session, people)
    decide(session, request, Verdict.APPROVED, actor=Actor(people.grace, Door.PORTAL))

    with pytest.raises(
        AlreadyDecided, match=rf"Grace Hopper has already approved this message, on {now():%Y-%m}"
    ):
        decide(session, request, Verdict.REJECTED, actor=Actor(people.linus, Door.PORTAL))
    assert session.scalars(select(Decision)).one().verdict is Verdict.APPROVED


def test_an_approver_who_answers_twice_learns_that_the_first_answer_counts(
    session: Session, people: Cast
) -> None:
    request = a_request(session, people)
    decide(session, request, Verdict.REJECTED, actor=Actor(people.grace, Door.PORTAL))

    for door, again in product(Door, Verdict):
        with pytest.raises(AlreadyDecided) as refusal:
            decide(session, request, again, actor=Actor(people.grace, door))

        sentence = str(refusal.value)
        acts_for_themselves = door in {Door.PORTAL, Door.LINK, Door.MAIL, Door.SMS}
        who = "You have" if acts_for_themselves else "Grace Hopper has"
        assert sentence.startswith(f"{who} already rejected this message, on "), door
        another = acts_for_themselves and again is not Verdict.REJECTED
        assert sentence.endswith("Your first answer stands.") is another, (door, again)


def test_only_an_approver_decides(session: Session, people: Cast) -> None:
    request = a_request(session, people)

    for person in (people.ada, people.barbara, people.edsger):
        with pytest.raises(NotAnApprover):
            decide(session, request, Verdict.APPROVED, actor=Actor(person, Door.PORTAL))
    assert request.state is RequestState.OPEN


def test_an_approver_is_who_is_on_the_list_now(session: Session, people: Cast) -> None:
    request = a_request(session, people)
    lists.set_approvers(session, people.approvers, [people.edsger], actor=Actor.operator())

    with pytest.raises(NotAnApprover):
        decide(session, request, Verdict.APPROVED, actor=Actor(people.grace, Door.PORTAL))
    decide(session, request, Verdict.APPROVED, actor=Actor(people.edsger, Door.PORTAL))


@pytest.mark.parametrize("four_eyes", [True, False])
def test_with_four_eyes_an_author_never_decides(
    session: Session, people: Cast, four_eyes: bool
) -> None:
    everybody = [people.ada, people.grace]
    lists.set_approvers(session, people.approvers, everybody, actor=Actor.operator())
    people.announce.four_eyes = four_eyes
    request = ask(session, people)

    if four_eyes:
        with pytest.raises(NotAnApprover, match="requires four eyes"):
            decide(session, request, Verdict.APPROVED, actor=Actor(people.ada, Door.PORTAL))
    else:
        decide(session, request, Verdict.APPROVED, actor=Actor(people.ada, Door.PORTAL))


def test_a_withdrawn_message_is_a_draft_and_cannot_be_answered(
    session: Session, people: Cast
) -> None:
    request = a_request(session, people)

    withdraw(session, request, actor=Actor(people.ada, Door.PORTAL))

    assert request.message.state is MessageState.DRAFT
    with pytest.raises(NoLongerOpen, match="withdrawn"):
        decide(session, request, Verdict.APPROVED, actor=Actor(people.grace, Door.PORTAL))


def test_a_withdrawn_message_can_be_submitted_again(session: Session, people: Cast) -> None:
    first = ask(session, people)
    withdraw(session, first, actor=Actor(people.ada, Door.PORTAL))

    second = request_approval(session, first.message, actor=Actor(people.ada, Door.PORTAL))

    assert second.id != first.id
