"""Limit the letters that ask one approver to answer; what is beyond is in a digest.

The limit holds for each channel by itself.  It is applied when a letter is about to leave, because
only then is it known which letters have left, also after an outage.
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from models import LetterName, Message, Notification, NotificationState
from models.clock import now
from notifications.letters.delivery import is_moot

# The letters that count against the limit an hour, of which a digest is one.
LIMITED = (LetterName.MODERATE, LetterName.REMINDER, LetterName.DIGEST)
HOUR = timedelta(hours=1)

# Between two letters about requests of the same author, a digest that names one included.
SAME_AUTHOR = timedelta(minutes=10)

# Wait for a digest that another worker is sending.
BEING_SENT = timedelta(seconds=5)


def put_off(session: Session, letter: Notification, most: int) -> bool:
    """Put the locked letter into the approver's digest if it may not leave yet; return whether.

    A digest itself is postponed.  `most` letters may leave an hour; 0 is no limit.
    """
    if not most or letter.letter not in LIMITED:
        return False
    if letter.due_at > now():
        return True  # or it could become due before `deliver` looks at the clock
    if is_moot(letter):
        return False
    lock_limit(session, letter)
    leaves_at = next_letter_at(session, letter, most)
    if leaves_at <= now():
        return False
    if letter.letter is LetterName.DIGEST:
        letter.postpone(leaves_at)
    else:
        join_digest(session, letter, leaves_at)
    return True


def next_letter_at(session: Session, letter: Notification, most: int) -> datetime:
    """Return from when this letter may leave; that may be in the past.

    Reminders, and requests that were escalated, have no limit by author.
    """
    earliest = [letter.due_at]
    within_hour = sent_to(letter, HOUR).order_by(Notification.sent_at.desc()).limit(most)
    recent = session.scalars(within_hour).all()
    if len(recent) == most and recent[-1] is not None:
        earliest.append(recent[-1] + HOUR)
    request = letter.request
    if letter.letter is LetterName.MODERATE and request and request.escalated_at is None:
        author_id = request.message.author_id
        about = sent_to(letter, SAME_AUTHOR).where(is_about(author_id)).order_by(None)
        if last := session.scalar(select(func.max(about.subquery().c.sent_at))):
            earliest.append(last + SAME_AUTHOR)
    return max(earliest)


def sent_to(letter: Notification, within: timedelta) -> Select[datetime | None]:
    """Select when the limited letters of this time left to the same person over the channel."""
    return select(Notification.sent_at).where(
        Notification.user_id == letter.user_id,
        Notification.channel == letter.channel,
        Notification.letter.in_(LIMITED),
        Notification.sent_at > now() - within,
    )


def is_about(author_id: int) -> ColumnElement[bool]:
    """SQL: the letter asks about a message of this author, or is a digest that names one."""
    named, of_author = aliased(Notification), Message.author_id == author_id
    return or_(
        and_(
            Notification.letter == LetterName.MODERATE,
            exists().where(Message.id == Notification.message_id, of_author),
        ),
        exists().where(
            named.digest_id == Notification.id, Message.id == named.message_id, of_author
        ),
    )


def join_digest(session: Session, letter: Notification, leaves_at: datetime) -> None:
    """Let the approver's digest name the request in place of this letter."""
    own = (
        Notification.user_id == letter.user_id,
        Notification.channel == letter.channel,
        Notification.letter == LetterName.DIGEST,
        Notification.state == NotificationState.PENDING,
    )
    # The worker that sends the digest holds its row, and waits for the lock that is held here.
    free = select(Notification).where(*own).with_for_update(skip_locked=True)
    digest = session.scalar(free)
    if digest is None and session.scalar(select(Notification.id).where(*own)) is not None:
        letter.postpone(now() + BEING_SENT)
        return
    if digest is None:
        digest = Notification(
            letter=LetterName.DIGEST, channel=letter.channel, user=letter.user, due_at=leaves_at
        )
        session.add(digest)
        session.flush()
    elif leaves_at < digest.due_at:
        digest.postpone(leaves_at)
    letter.digest_id = digest.id
    letter.move(NotificationState.MOOT)


def lock_limit(session: Session, letter: Notification) -> None:
    """Wait for other workers that send request letters to this person over this channel."""
    key = f"listgate.digest.{letter.user_id}.{letter.channel}"
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))
