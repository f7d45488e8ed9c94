"""A split message: each recipient gets one variant, and the rest the winner, once."""

from collections import Counter
from datetime import UTC, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from models import (
    Actor,
    Delivery,
    Dispatch,
    DispatchState,
    Door,
    IllegalTransition,
    Invalid,
    LetterName,
    Message,
    MessageState,
    Notification,
    Rate,
    SendoutRules,
    ShareUnit,
    Span,
    Trespass,
    User,
)
from models.sendout import MAX_COPIES
from sandbox.mailbox import Mailbox
from tests.builders import LIMIT, Cast, a_draft, a_list, an_eml, members
from tests.workflows.sendout.clocks import NINE, Clock
from tests.workflows.sendout.sending import step
from tests.workflows.sendout.splitting import a_split, approved
from workflows.messages import drafts
from workflows.messages.split import Split, split
from workflows.messages.write import Draft
from workflows.people.addresses import change_address
from workflows.sendout.claim import begin_sending, load_message
from workflows.sendout.forecast import plan
from workflows.sendout.resume import resume
from workflows.sendout.schedule import recall
from workflows.sendout.winner import WinnerChosen, choose_winner
from workflows.subscriptions.subscribe import subscribe, unsubscribe

LATER = {"hours": 2}


def by_variant(session: Session, dispatch: Dispatch) -> dict[int, set[str]]:
    """The addresses of the deliveries, by message number."""
    found: dict[int, set[str]] = {}
    for one in session.scalars(select(Delivery).where(Delivery.dispatch_id == dispatch.id)):
        found.setdefault(one.variant_id or dispatch.message_id, set()).add(one.address)
    return found


def run(session: Session, dispatch: Dispatch, mailbox: Mailbox) -> None:
    """Send until nothing more can be sent now; a step that creates the rest sends nothing."""
    while step(session, dispatch, mailbox) or step(session, dispatch, mailbox):
        pass
    session.expire_all()


def subjects(mailbox: Mailbox) -> Counter[str]:
    return Counter(mail.message["Subject"] for mail in mailbox.mails)


def choose(session: Session, dispatch: Dispatch, number: int, by: User, **more: int) -> None:
    message = dispatch.message
    winner = message.versions[number].id
    choose_winner(session, message, winner, actor=Actor(by, Door.PORTAL), **more)


@pytest.mark.parametrize(
    ("shares", "unit", "sizes"),
    [
        ((10, 20), ShareUnit.PERCENT, [2, 4]),
        ((1, 1, 98), ShareUnit.PERCENT, [0, 0, 20]),
        ((3, 5), ShareUnit.COPIES, [3, 5]),
        ((3, 50), ShareUnit.COPIES, [3, 17]),
    ],
)
def test_the_draw_is_disjoint_has_the_sizes_of_the_plan_and_can_be_repeated(
    session: Session, people: Cast, shares: tuple[int, ...], unit: ShareUnit, sizes: list[int]
) -> None:
    members(session, people.announce, 18)
    message = a_split(session, people, *shares, unit=unit, has_rest=sum(shares) != 100)
    dispatch = approved(session, people, message)
    load_message(session, dispatch)
    with session.begin_nested() as first:
        begin_sending(session, dispatch)
        drawn = by_variant(session, dispatch)
        first.rollback()
    session.expire_all()
    load_message(session, dispatch)

    begin_sending(session, dispatch)

    assert [len(drawn.get(one.id, ())) for one in message.versions] == sizes
    assert by_variant(session, dispatch) == drawn
    everyone = [address for addresses in drawn.values() for address in addresses]
    assert len(set(everyone)) == len(everyone) == sum(sizes) == dispatch.recipients


def test_everyone_gets_one_variant_and_the_rest_the_winner(
    session: Session, people: Cast, clock: Clock, mailbox: Mailbox
) -> None:
    members(session, people.announce, 18)
    dispatch = approved(session, people, a_split(session, people, 10, 20, winner=1, clock=clock))

    run(session, dispatch, mailbox)
    assert subjects(mailbox) == {
        "Variant 0": 2,
        "Variant 1": 4,
    }
    assert dispatch.due_at == dispatch.message.rest_at
    assert dispatch.state is DispatchState.SENDING
    clock.run(**LATER)
    run(session, dispatch, mailbox)

    assert subjects(mailbox) == {
        "Variant 0": 2,
        "Variant 1": 18,
    }
    assert len({mail.recipients for mail in mailbox.mails}) == 20
    assert len({mail.message["Message-ID"] for mail in mailbox.mails}) == 2
    assert dispatch.message.state is MessageState.SENT


def test_who_joins_leaves_or_moves_meanwhile_gets_at_most_one(
    session: Session, people: Cast, clock: Clock, mailbox: Mailbox
) -> None:
    members(session, people.announce, 8)
    dispatch = approved(session, people, a_split(session, people, 50, 10, winner=0, clock=clock))
    run(session, dispatch, mailbox)
    got = {mail.recipients[0] for mail in mailbox.mails}
    everyone = session.scalars(select(User).where(User.address.startswith("member"))).all()
    one_who_got_it = next(user for user in everyone if user.address in got)
    one_who_did_not = next(user for user in everyone if user.address not in got)
    actor = Actor.operator()
    change_address(session, one_who_got_it, "moved@example.org", actor=actor)
    unsubscribe(session, one_who_did_not, people.announce, actor=actor)
    subscribe(session, people.grace, people.announce, actor=actor)

    clock.run(**LATER)
    run(session, dispatch, mailbox)

    reached = Counter(mail.recipients[0] for mail in mailbox.mails)
    assert set(reached.values()) == {1}
    assert "grace@example.org" in reached
    assert "moved@example.org" not in reached
    assert one_who_did_not.address not in reached
    assert dispatch.message.state is MessageState.SENT


def test_without_a_winner_the_rest_waits_and_one_letter_asks_for_it(
    session: Session, people: Cast, clock: Clock, mailbox: Mailbox
) -> None:
    members(session, people.announce, 8)
    dispatch = approved(session, people, a_split(session, people, 10, 10, clock=clock))
    run(session, dispatch, mailbox)

    for _ in range(3):
        clock.run(hours=30)
        run(session, dispatch, mailbox)
    asked = select(Notification).where(Notification.letter == LetterName.WINNER)
    letters = Counter(one.user.name for one in session.scalars(asked))
    assert len(mailbox.mails) == 2
    assert letters["Ada Lovelace"] == 1
    assert set(letters.values()) == {1}

    choose(session, dispatch, 1, people.ada)
    run(session, dispatch, mailbox)
    assert subjects(mailbox) == {
        "Variant 0": 1,
        "Variant 1": 9,
    }


def test_the_first_choice_stands_unless_it_is_named(
    session: Session, people: Cast, clock: Clock, mailbox: Mailbox
) -> None:
    assert clock.moment == NINE
    dispatch = approved(session, people, a_split(session, people, 10, 10, clock=clock))
    with pytest.raises(IllegalTransition, match="No winner can be chosen"):
        choose(session, dispatch, 0, people.ada)
    run(session, dispatch, mailbox)
    with pytest.raises(Trespass):
        choose(session, dispatch, 0, people.edsger)
    with pytest.raises(Invalid, match="one of the variants"):
        choose_winner(session, dispatch.message, 10**9, actor=Actor(people.ada, Door.PORTAL))

    choose(session, dispatch, 0, people.ada)
    with pytest.raises(WinnerChosen):
        choose(session, dispatch, 1, people.barbara)
    choose(session, dispatch, 1, people.barbara, instead_of=dispatch.message_id)

    assert dispatch.winner_id == dispatch.message.versions[1].id
    named = approved(session, people, a_split(session, people, 10, 10, winner=0, clock=clock))
    run(session, named, mailbox)
    with pytest.raises(IllegalTransition, match="No winner can be chosen"):
        choose(session, named, 1, people.ada)


def test_one_that_is_stopped_in_between_goes_on_with_the_rest(
    session: Session, people: Cast, clock: Clock, mailbox: Mailbox
) -> None:
    members(session, people.announce, 8)
    dispatch = approved(session, people, a_split(session, people, 10, 10, clock=clock))
    run(session, dispatch, mailbox)
    ada = Actor(people.ada, Door.PORTAL)

    assert recall(session, dispatch.message, actor=ada) is MessageState.STOPPED
    choose(session, dispatch, 0, people.ada)
    clock.run(**LATER)
    run(session, dispatch, mailbox)
    assert len(mailbox.mails) == 2
    resume(session, dispatch.message, actor=ada)
    run(session, dispatch, mailbox)

    assert len(mailbox.mails) == 10
    assert dispatch.message.state is MessageState.SENT


def test_a_plan_that_is_not_the_approved_one_is_not_sent(
    session: Session, people: Cast, mailbox: Mailbox
) -> None:
    message = a_split(session, people, 10, 10)
    dispatch = approved(session, people, message)
    variant = message.variants[0].id
    for number, change in (
        (variant, "raw = 'From: x'"),
        (variant, "share = 60"),
        (message.id, "rest_at = rest_at + interval '1 day'"),
        (message.id, f"winner_id = {variant}"),
    ):
        with session.begin_nested() as everything:
            session.execute(text(f"update message set {change} where id = {number}"))
            session.expire_all()

            run(session, dispatch, mailbox)

            assert not mailbox.mails, change
            assert dispatch.state is DispatchState.RECALLED, change
            assert message.state is MessageState.DRAFT, change
            everything.rollback()


def test_each_step_is_spread_over_the_span(
    session: Session, people: Cast, clock: Clock, mailbox: Mailbox
) -> None:
    people.announce.sendout_rules = SendoutRules(Rate(100, 1), span=Span(4))
    members(session, people.announce, 18)
    dispatch = approved(session, people, a_split(session, people, 20, 20, winner=0, clock=clock))

    sizes = []
    for _ in range(4):
        sizes.append(step(session, dispatch, mailbox))
        clock.run(minutes=1)
    clock.moment = NINE + timedelta(hours=2)
    step(session, dispatch, mailbox)
    for _ in range(4):
        sizes.append(step(session, dispatch, mailbox))
        clock.run(minutes=1)

    assert sizes == [2, 2, 2, 2, 3, 3, 3, 3]


def test_the_forecast_is_that_of_the_shares(session: Session, people: Cast) -> None:
    people.announce.sendout_rules = SendoutRules(Rate(1, 1))
    members(session, people.announce, 18)
    message = a_split(session, people, 20, 20)

    foreseen = plan(session, message, UTC)

    assert foreseen is not None
    assert foreseen.begins_at is not None
    assert foreseen.copies == 8
    assert foreseen.ends_at == foreseen.begins_at + timedelta(minutes=7)


def test_an_unsplit_message_has_no_variants(session: Session, people: Cast) -> None:
    draft: Message = a_draft(session, people)

    assert draft.versions == [draft]


@pytest.mark.parametrize(
    ("shares", "more", "sentence"),
    [
        ([100], {}, "split into 2 to 10 variants"),
        ([9] * 11, {}, "split into 2 to 10 variants"),
        ([0, 100], {}, "at least 1 percent"),
        ([50, 51], {}, "at most 100"),
        ([0, 5], {"unit": ShareUnit.COPIES}, "at least one copy"),
        ([1, MAX_COPIES], {"unit": ShareUnit.COPIES}, "no more than any list has members"),
        ([50, 50], {"rest_at": NINE}, "no one is left for a winner"),
        ([50, 50], {"winner": 1}, "no one is left for a winner"),
        ([10, 20], {}, "Choose when the winner goes to the rest"),
        ([50, 50], {"unit": ShareUnit.COPIES}, "Choose when the winner goes to the rest"),
        ([10, 20], {"rest_at": NINE, "winner": 3}, "must be one of the variants"),
    ],
)
def test_an_impossible_plan_is_refused(
    shares: list[int], more: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(Invalid, match=sentence):
        Split(dict(enumerate(shares, 1)), **more)


def test_a_plan_without_a_share_of_the_message_itself_changes_nothing(
    session: Session, people: Cast
) -> None:
    draft, *others = (a_draft(session, people) for _ in range(3))
    plan = Split({other.id: 50 for other in others})

    with pytest.raises(Invalid, match="The message itself is one of the variants"):
        split(session, draft, plan, actor=Actor(people.ada, Door.PORTAL))

    assert {one.state for one in (draft, *others)} == {MessageState.DRAFT}


def test_a_split_message_is_neither_deleted_nor_moved_to_another_list(
    session: Session, people: Cast
) -> None:
    message, ada = a_split(session, people, 10, 10), Actor(people.ada, Door.PORTAL)
    elsewhere = Draft(a_list(session, "staff"), an_eml())

    with pytest.raises(Invalid, match="first make its variants drafts again"):
        drafts.discard(session, message, actor=ada)
    with pytest.raises(Invalid, match="first make its variants drafts again"):
        drafts.rewrite(session, message, elsewhere, actor=ada, max_bytes=LIMIT)

    assert (message.state, message.mailing_list) == (MessageState.DRAFT, people.announce)
    assert [one.state for one in message.variants] == [MessageState.VARIANT]
