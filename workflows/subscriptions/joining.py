"""Put the people of staged addresses on a list, in one statement each of any size."""

from sqlalchemy import func, literal, select
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Session

from models import Actor, Change, MailingList, Subscription, User
from models.clock import now
from models.contacts import Language, Preference
from workflows.subscriptions.staging import NORMAL, PEOPLE, match
from workflows.sync.journal import note_rows


def join(session: Session, mailing_list: MailingList, *, actor: Actor) -> int:
    """Put everybody on the list who is not on it; returns how many have joined.

    Each person's row is held before it is judged, so that nobody joins who is being removed.  All
    is done in the order of ids, or two who do it at once could wait for each other.
    """
    subscription = Subscription.__table__.c
    there = select(Subscription.user_id).where(
        Subscription.list_id == mailing_list.id, Subscription.user_id == User.id
    )
    joining = (
        select(
            literal(mailing_list.id, subscription.list_id.type),
            User.id,
            literal(now(), subscription.since.type),
        )
        .where(User.id.in_(select(PEOPLE.c.user_id)), User.removed_at.is_(None), ~there.exists())
        .order_by(User.id)
        .with_for_update(read=True, key_share=True, of=User)
    )
    joined = (
        insert(Subscription)
        .from_select(["list_id", "user_id", "since"], joining)
        .on_conflict_do_nothing()
        .returning(Subscription.list_id, Subscription.user_id)
        .cte("joined")
    )
    return note_rows(session, Change.JOINED, joined, actor=actor).get(mailing_list.id, 0)


def create_strangers(session: Session) -> int:
    """Create a user for each address of nobody; returns how many there are now that were not.

    They are called what is written before the address, or by its local part.
    """
    user, address = User.__table__.c, func.coalesce(NORMAL.c.address, NORMAL.c.key)
    theirs = select(User.id).where(User.address_key == NORMAL.c.key)
    strangers = (
        select(
            NORMAL.c.key,
            address,
            func.coalesce(NORMAL.c.name, func.split_part(address, "@", 1)),
            literal(Language.ENGLISH, user.language.type),
            literal(Preference.EMAIL, user.preference.type),
            literal(now(), user.created_at.type),
        )
        .ext(distinct_on(NORMAL.c.key))
        .where(~theirs.exists())
        .order_by(NORMAL.c.key, NORMAL.c.line)
    )
    columns = ["address_key", "address", "name", "language", "preference", "created_at"]
    created = (
        insert(User)
        .from_select(columns, strangers)
        # Somebody else may import the same people.
        .on_conflict_do_nothing()
        .returning(User.id)
        .cte("created")
    )
    count = session.scalar(select(func.count()).select_from(created)) or 0
    match(session, NORMAL)
    return count
