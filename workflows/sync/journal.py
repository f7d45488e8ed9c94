"""Write into the journal of subscriptions; whatever stands there will be pushed."""

from sqlalchemy import (
    Executable,
    FromClause,
    bindparam,
    func,
    insert,
    literal,
    select,
)
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningDelete, ReturningInsert

from models import (
    Act,
    Actor,
    AuditEntry,
    Change,
    MailingList,
    Subscription,
    SubscriptionChange,
    Sync,
    User,
    acting,
    ask_for_push,
)
from models.clock import now

JOURNAL = SubscriptionChange.__table__.c
ENTRY = AuditEntry.__table__.c


def journaled(
    changing: ReturningInsert[int, int] | ReturningDelete[int, int], change: Change, act: Act
) -> Executable:
    """The statement for `note_change`.

    What changes a subscription, the note of it and its entry in the audit trail are one statement:
    the third round trip to PostgreSQL costs a tenth of the change.
    """
    changed = changing.cte("changed")
    at, actor_id, actor, door = (
        bindparam(name, type_=ENTRY[name].type) for name in ("at", "actor_id", "actor", "door")
    )
    note = {
        "change": literal(change, JOURNAL.change.type),
        "at": at,
        "by_id": actor_id,
        "via": door,
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
        "list_id": noted.c.list_id,
        "detail": func.jsonb_build_object("user_id", noted.c.user_id),
    }
    return insert(AuditEntry).from_select(list(entry), select(*entry.values()))


def note_change(
    session: Session, statement: Executable, *, user: User, mailing_list: MailingList, actor: Actor
) -> bool:
    """Change a person's subscription and note it; False if there was nothing to change."""
    session.flush()  # the connection knows nothing of what this session has not written yet
    whose = {"list_id": mailing_list.id, "user_id": user.id}
    noted = session.connection().execute(statement, {"at": now(), **whose, **acting(actor)})
    if not noted.rowcount:
        return False
    ask_for_push(session, [mailing_list.id])
    return True


def note_everywhere(session: Session, change: Change, user: User, *, actor: Actor) -> list[int]:
    """Note what happened to one person on every list they are on; returns the lists' ids.

    The caller has locked the person (`lock_user`): a subscription that is committed meanwhile
    would otherwise be neither among these nor pushed with what has changed.
    """
    theirs = select(Subscription.list_id, Subscription.user_id).where(
        Subscription.user_id == user.id
    )
    return list(note_rows(session, change, theirs.subquery(), actor=actor))


def note_rows(
    session: Session, change: Change, rows: FromClause, *, actor: Actor
) -> dict[int, int]:
    """Note the same for each of `rows` (list id, user id); returns how many there are by list."""
    same = {"change": change, "at": now(), **actor.signature}
    noted = (
        insert(SubscriptionChange)
        .from_select(
            ["list_id", "user_id", *same],
            select(*rows.c, *(literal(value, JOURNAL[name].type) for name, value in same.items())),
        )
        .returning(SubscriptionChange.list_id)
        .cte("noted")
    )
    # Counted there, because there may be a million.
    counts = select(noted.c.list_id, func.count()).group_by(noted.c.list_id)
    lists: dict[int, int] = dict(session.execute(counts.order_by(noted.c.list_id)).all())
    ask_for_push(session, lists)
    return lists


def note_list_address(session: Session, mailing_list: MailingList, *, actor: Actor) -> None:
    """Note that the list has another address, which the command is told.

    A list that was never pushed has nothing to be told: its first push says the new address.
    """
    session.flush()  # from here on whoever asks for the first push waits for us
    pushed = select(Sync.id).where(Sync.list_id == mailing_list.id)
    if session.scalar(pushed.limit(1)) is None:
        return
    session.add(
        SubscriptionChange(
            list_id=mailing_list.id, change=Change.LIST_READDRESSED, **actor.signature
        )
    )
    ask_for_push(session, [mailing_list.id])


def lock_user(session: Session, user: User, actor: Actor) -> None:
    """Hold a person's row against new subscriptions: joining takes a key share lock of it.

    What is noted will take such a lock of whoever acts.  Both are taken in the order of their ids,
    or two who change each other at once would wait for each other.
    """
    session.flush()  # a refresh forgets what was changed and is not written yet
    for person in sorted({user, actor.user or user}, key=lambda one: one.id):
        weak = {"read": True, "key_share": True}
        session.refresh(person, with_for_update=True if person is user else weak)
