"""The pages of a split message: its author's, its approvers', and the choice of the winner."""

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Actor,
    Door,
    LetterName,
    Message,
    MessageState,
    ModerationRequest,
    Notification,
    User,
)
from notifications.letters.composition import compose
from tests.builders import Cast, a_draft
from tests.letter_context import a_context
from tests.portal.visitors import Visitor
from tests.workflows.sendout.splitting import a_split, approved
from workflows.moderation.decide import request_approval
from workflows.sendout.claim import begin_sending, load_message

Login = Callable[[User], Visitor]


def test_an_author_splits_a_draft_and_joins_it_again(
    session: Session, people: Cast, as_person: Login
) -> None:
    main, other = a_draft(session, people, "One"), a_draft(session, people, "Two")
    foreign = a_draft(session, people, "Three")
    foreign.author = people.grace
    session.commit()
    ada = as_person(people.ada)
    page = f"/messages/{main.id}/split"
    shares = {f"share_{main.id}": "20", f"share_{other.id}": "20"}

    ada.get(page)
    assert f"share_{other.id}" in ada.page
    assert f"share_{foreign.id}" not in ada.page
    ada.send(page, **shares, unit="percent", rest_at="2099-01-31T09:00", winner="")
    ada.get(f"/messages/{main.id}")
    assert "B to 20% of the list: Two" in ada.page
    assert "the variant that a person chooses" in ada.page
    session.expire_all()
    assert other.state is MessageState.VARIANT
    ada.get(f"/messages/{other.id}")
    assert "Variant of" in ada.page

    ada.send(page, **shares, **{f"share_{foreign.id}": "5"}, rest_at="2099-01-31T09:00")
    assert f"Message {foreign.id} is not a draft of the same author" in ada.page
    ada.send(page, **dict.fromkeys(shares, ""))
    session.expire_all()
    assert (main.is_split, other.state) == (False, MessageState.DRAFT)


def test_approvers_see_every_variant_and_the_plan(
    session: Session, people: Cast, as_person: Login
) -> None:
    message = a_split(session, people, 10, 30, winner=1)
    request_approval(session, message, actor=Actor(people.ada, Door.PORTAL))
    variant = message.variants[0].id
    request = session.scalars(select(ModerationRequest)).one()
    session.commit()
    grace = as_person(people.grace)

    grace.send(f"/requests/{request.id}/views")
    grace.get(f"/requests/{request.id}")
    assert "B to 30% of the list: Variant 1" in grace.page
    assert "Everyone else gets B" in grace.page
    assert "Variant A: Variant 0" in grace.page
    assert "Variant B: Variant 1" in grace.page
    assert grace.get(f"/requests/{request.id}/html?variant={variant}").status_code == 200
    assert grace.get(f"/requests/{request.id}/html?variant={variant + 1}").status_code == 404


def test_approvers_get_every_variant_and_the_plan_by_mail(session: Session, people: Cast) -> None:
    approved(session, people, a_split(session, people, 10, 30, winner=1))
    asks = select(Notification).where(Notification.letter == LetterName.MODERATE).limit(1)

    letter = compose(session.scalars(asks).one(), a_context())

    assert b"B to 30% of the list: Variant 1" in letter
    assert letter.count(b"Content-Type: message/rfc822") == 2
    assert b"Subject: Variant 0\r\n" in letter
    assert b"Subject: Variant 1\r\n" in letter


def test_the_winner_is_chosen_on_the_page(session: Session, people: Cast, as_person: Login) -> None:
    dispatch = approved(session, people, a_split(session, people, 10, 10))
    load_message(session, dispatch)
    begin_sending(session, dispatch)
    session.commit()
    page = f"/messages/{dispatch.message_id}"
    variants: list[Message] = dispatch.message.versions
    ada = as_person(people.ada)

    ada.get(page)
    assert "Winner, which everyone else gets" in ada.page
    ada.send(f"{page}/winner", winner=str(variants[1].id))
    ada.send(f"{page}/winner", winner=str(variants[0].id))

    assert "Another variant was chosen meanwhile" in ada.page
    session.expire_all()
    assert dispatch.winner_id == variants[1].id
