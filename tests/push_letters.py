"""Trigger the letters about pushes, without pushing, and about members of lists."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Actor,
    Door,
    Failure,
    LetterName,
    MailingList,
    Right,
    SelfService,
    Subscription,
    SubscriptionRequestState,
    Sync,
    SyncState,
    User,
)
from workflows.subscriptions.requests import answer, ask_to_join, open_request_of
from workflows.subscriptions.suspend import suspend
from workflows.sync.push import hold_push, report_failures


def trigger_push_letter(session: Session, mailing_list: MailingList, letter: LetterName) -> None:
    """Cause the outcome of a push that this letter reports; nothing for other letters."""
    if letter is LetterName.SUSPENDED:
        suspend_a_member(session, mailing_list)
    if letter in {LetterName.SUBSCRIPTION_REQUEST, LetterName.SUBSCRIPTION_ANSWER}:
        decline_a_request(session, mailing_list, letter)
    if letter not in {LetterName.SYNC_HELD, LetterName.SYNC_FAILING, LetterName.SYNC_RECOVERED}:
        return
    pushed = Sync(mailing_list=mailing_list, failures=3, addresses=580, removals=420)
    pushed.failure, pushed.exit_status, pushed.stderr = Failure.EXIT_STATUS, 255, "No route"
    session.add(pushed)
    session.flush()
    if letter is LetterName.SYNC_HELD:
        pushed.move(SyncState.RUNNING)
        hold_push(session, pushed, reported=0)
    else:
        report_failures(session, pushed, letter)


def suspend_a_member(session: Session, mailing_list: MailingList) -> None:
    """Suspend the first member of the list."""
    first = select(Subscription).filter_by(list_id=mailing_list.id).order_by(Subscription.user_id)
    subscription = session.scalars(first.limit(1)).one()
    user = session.get_one(User, subscription.user_id)
    suspend(session, subscription, user, mailing_list)


def decline_a_request(session: Session, mailing_list: MailingList, letter: LetterName) -> None:
    """Have the first person who is not on the list ask to join it; for the answer, decline."""
    mailing_list.self_service = SelfService.ON_REQUEST
    on_it = select(Subscription.user_id).filter_by(list_id=mailing_list.id)
    able = User.able(Right.EDIT_LISTS, mailing_list.id)
    others = select(User).where(User.id.not_in(on_it), ~able).order_by(User.id)
    user = session.scalars(others.limit(1)).one()
    ask_to_join(session, mailing_list, actor=Actor(user, Door.PORTAL))
    if letter is LetterName.SUBSCRIPTION_ANSWER:
        request = open_request_of(session, user, mailing_list)
        declined = SubscriptionRequestState.DECLINED
        answer(session, request, declined, actor=Actor.operator(), comment="Not now.")
