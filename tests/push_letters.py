"""Trigger the letters about pushes, without pushing, and about suspended members."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Failure, LetterName, MailingList, Subscription, Sync, SyncState, User
from workflows.subscriptions.suspend import suspend
from workflows.sync.push import hold_push, report_failures


def trigger_push_letter(session: Session, mailing_list: MailingList, letter: LetterName) -> None:
    """Cause the outcome of a push that this letter reports; nothing for other letters."""
    if letter is LetterName.SUSPENDED:
        suspend_a_member(session, mailing_list)
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
