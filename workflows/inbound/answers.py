"""Answer the mail to a reply address with letters, and not with too many."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models import ApproverKeys, Channel, LetterName, ReplyLetter
from models.clock import now
from workflows.notify import notify

# Letters of a kind to one approver about one request.  A machine that answers each of them, and is
# not recognised as one, gets five.
MOST: Final[Mapping[LetterName, int]] = {
    LetterName.NOT_UNDERSTOOD: 5,
    LetterName.TOO_LATE: 5,
    LetterName.REPEATED: 5,
    LetterName.OTHER_SENDER: 1,
}
INTERVAL: Final = timedelta(hours=1)


def write_back(session: Session, keys: ApproverKeys, letter: LetterName, **detail: Any) -> bool:
    """Send the approver this letter by e-mail, or count the mail that goes without one.

    By e-mail only, because a mail is answered.  Of many at once, each waits for the one before.
    """
    count = lock_count(session, keys, letter)
    recent = count.sent_at is not None and count.sent_at > now() - INTERVAL
    if recent or count.sent >= MOST[letter]:
        count.withheld += 1
        return False
    count.sent += 1
    count.sent_at = now()
    request = keys.request
    notify(
        session,
        [keys.user],
        letter,
        channels=(Channel.EMAIL,),
        message=request.message,
        request=request,
        **detail,
    )
    return True


def lock_count(session: Session, keys: ApproverKeys, letter: LetterName) -> ReplyLetter:
    """Return the count of these letters, created if need be and locked until the commit."""
    key = {"keys_id": keys.id, "letter": letter}
    session.execute(
        insert(ReplyLetter).values(key | {"sent": 0, "withheld": 0}).on_conflict_do_nothing()
    )
    return session.scalars(
        select(ReplyLetter)
        .filter_by(**key)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
