"""Write the journal of subscriptions: every change in it is pushed to the list server."""

from sqlalchemy import (
    Executable,
    FromClause,
    bindparam,
    func,
    insert,
    literal,
    null,
    select,
)
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningDelete, ReturningInsert

from models import (
    Act,
    Actor,
    AuditEntry,
    Change,
    EventKind,
    MailingList,
    Subscription,
    SubscriptionChange,
    Sync,
    User,
    acting,
    ask_for_push,
    note_members,
)
from models.clock import now
from models.events import endpoints_for
from models.services import acting_service

JOURNAL = SubscriptionChange.__table__.c
ENTRY = AuditEntry.__table__.c


def journaled(
    changing: ReturningInsert[int, int] | ReturningDelete[int, int], change: Change, act: Act
) -> Executable:
    """Return the statement for `note_change`: it changes a subscription, notes and audits that.

    It is one statement because a third round trip to PostgreSQL costs a tenth of the change.
    """
    changed = changing.cte("changed")
    at, actor_id, actor, door, service = (
        bindparam(name, type_=ENTRY[name].type)
        for name in ("at", "actor_id", "actor", "door", "service")
    )
    note = {
        "change": literal(change, JOURNAL.change.type),
        "at": at,
        "by_id": actor_id,
        "via": door,
        "service": service,
    }
    noted = (
        insert(SubscriptionChange)
        .from_select(["list_id", "user_id", *note], select(*changed.c, *note.values()))
        .returning(SubscriptionChange.list_id, SubscriptionChange.user_id)
        .cte("noted")
    )
    entry = {
        "at": at,
        "act": literal(act),
        "actor_id": actor_id,
        "actor": actor,
        "door": door,
        "service": service,
        "list_id": noted.c.list_id,
        "detail": func.jsonb_build_object("user_id", noted.c.user_id),
    }
    return insert(AuditEntry).from_select(list(entry), select(*entry.values()))


def note_change(
    session: Session,
    change: Change,
    statement: Executable,
    *,
    user: User,
    mailing_list: MailingList,
    actor: Actor,
) -> bool:
    """Change a person's subscription and note it; return False if there was nothing to change."""
    session.flush()  # the connection does not flush by itself
    subscription = {"list_id": mailing_list.id, "user_id": user.id}
    who = acting(actor, acting_service(session))
    noted = session.connection().execute(statement, {"at": now(), **subscription, **who})
    if not noted.rowcount:
        return False
    note_members(session, mailing_list.id, change, [user.id])
    ask_for_push(session, [mailing_list.id])
    return True


def note_everywhere(session: Session, change: Change, user: User, *, actor: Actor) -> list[int]:
    """Note a change of a person on every list they are subscribed to; return the lists' ids.

    The caller has locked the person (`lock_user`); otherwise a subscription that is committed
    meanwhile would be missed, and that list not pushed.
    """
    subscriptions = select(Subscription.list_id, Subscription.user_id).where(
        Subscription.user_id == user.id
    )
    return list(note_rows(session, change, subscriptions.subquery(), actor=actor))


def note_rows(
    session: Session, change: Change, rows: FromClause, *, actor: Actor
) -> dict[int, int]:
    """Note a change for each of `rows` (list id, user id); return the number of rows by list id."""
    service = acting_service(session)
    columns = {"change": change, "at": now(), **actor.signature, "service": service}
    noted = (
        insert(SubscriptionChange)
        .from_select(
            ["list_id", "user_id", *columns],
            select(
                *rows.c, *(literal(value, JOURNAL[name].type) for name, value in columns.items())
            ),
        )
        .returning(SubscriptionChange.list_id, SubscriptionChange.user_id)
        .cte("noted")
    )
    wanted = endpoints_for(session, EventKind.SUBSCRIPTION_CHANGED)
    # PostgreSQL counts them, because there may be a million; only events need to know who.
    people = func.array_agg(noted.c.user_id) if wanted else null()
    counts = select(noted.c.list_id, func.count(), people).group_by(noted.c.list_id)
    found = session.execute(counts.order_by(noted.c.list_id)).all()
    for list_id, _, user_ids in found:
        note_members(session, list_id, change, user_ids or [])
    lists = {list_id: count for list_id, count, _ in found}
    ask_for_push(session, lists)
    return lists


def note_list_address(session: Session, mailing_list: MailingList, *, actor: Actor) -> None:
    """Note that the list has a new address, which its command gets.

    For a list that was never pushed nothing is noted: its first push has the new address.
    """
    session.flush()  # the list's row is locked from here on, so a first push waits for us
    pushed = select(Sync.id).where(Sync.list_id == mailing_list.id)
    if session.scalar(pushed.limit(1)) is None:
        return
    session.add(
        SubscriptionChange(
            list_id=mailing_list.id,
            change=Change.LIST_READDRESSED,
            service=acting_service(session),
            **actor.signature,
        )
    )
    ask_for_push(session, [mailing_list.id])


def lock_user(session: Session, user: User, actor: Actor) -> None:
    """Lock a person's row against new subscriptions, which take a key share lock on it.

    The journal's foreign key will take a key share lock on the actor.  Both are locked here in the
    order of their ids, so that two people who change each other at once cannot deadlock.
    """
    session.flush()  # a refresh would discard unwritten changes
    for person in sorted({user, actor.user or user}, key=lambda one: one.id):
        weak = {"read": True, "key_share": True}
        session.refresh(person, with_for_update=True if person is user else weak)
