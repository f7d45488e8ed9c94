"""Draw who gets which variant of a split message, and send the winner to the rest.

A recipient's place in the draw is the rank of a hash of the message's mark and their number: the
draw can be repeated.  All copies belong to one Dispatch, and the rest are those who have none in it
when their time has come, so that no one gets two.
"""

from datetime import datetime, timedelta
from itertools import accumulate

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Text,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    Delivery,
    Dispatch,
    LetterName,
    ListDelivery,
    Message,
    Right,
    ShareUnit,
    User,
    record,
)
from models.clock import now
from workflows.notify import administrators, notify
from workflows.sendout.recipients import add_deliveries, recipients

# A sendout that waits for a person to choose the winner is looked at this often.
LOOK_AGAIN = timedelta(days=1)


def draw_shares(session: Session, dispatch: Dispatch) -> int:
    """Create the deliveries of all shares, in one statement; return how many."""
    message = dispatch.message
    same_date = update(Message).where(Message.variant_of_id == message.id)
    session.execute(same_date.values(dated_at=message.dated_at))
    found = people(message).subquery()
    number = func.coalesce(found.c.person_id, 0)
    mark = message.mark or str(message.id)
    drawn = select(
        found,
        func.row_number()
        .over(order_by=[func.md5(func.concat(mark, " ", cast(number, Text))), number])
        .label("place"),
        func.count().over().label("total"),
    ).subquery()
    shares = places(message, drawn.c.place, drawn.c.total)
    variant = case(*((place, variant_id(message, one)) for one, place in shares))
    return add_deliveries(
        session,
        dispatch,
        select(drawn.c.address, drawn.c.person_id, variant.label("variant_id"))
        .where(or_(*(place for _, place in shares)))
        # A variant's copies are claimed together, so that one letter may have several recipients.
        .order_by(drawn.c.place),
    )


def number_drawn(message: Message, members: int) -> int:
    """Return for how many of so many members the shares are."""
    shares = sum(one.share or 0 for one in message.versions)
    in_percent = message.share_unit is ShareUnit.PERCENT
    return members * shares // 100 if in_percent else min(shares, members)


def look_at_rest(session: Session, dispatch: Dispatch) -> datetime | None:
    """Begin the copies to the rest if they are due; return when to look again, None for never.

    Without a winner, a person is asked for it once.
    """
    message = dispatch.message
    if message.rest_at is None or dispatch.rest_began_at is not None:
        return None
    if message.rest_at > now():
        return message.rest_at
    winner_id = message.winner_id or dispatch.winner_id
    if winner_id is None:
        ask_for_winner(session, dispatch)
        return now() + LOOK_AGAIN
    begin_rest(session, dispatch, winner_id)
    return now()


def begin_rest(session: Session, dispatch: Dispatch, winner_id: int) -> None:
    """Create a delivery of the winner for everyone on the list who has none of a variant.

    That includes those who joined since the draw.  Neither a person whose address has changed since
    nor an address that is another person's now gets a second copy.
    """
    message = dispatch.message
    winner = message.version(winner_id)
    found = people(message).subquery()
    own = Delivery.dispatch_id == dispatch.id
    # Two conditions: with OR, PostgreSQL would compare all members with all deliveries.
    address_has_one = select(Delivery).where(own, Delivery.address == found.c.address)
    with_one = select(Delivery.person_id).where(own, Delivery.person_id.is_not(None))
    rest = select(
        found.c.address, found.c.person_id, variant_id(message, winner).label("variant_id")
    ).where(~address_has_one.exists(), func.coalesce(found.c.person_id, 0).not_in(with_one))
    number = add_deliveries(session, dispatch, rest)
    dispatch.rest_began_at, dispatch.recipients = now(), number
    record(
        session,
        Act.BEGAN_REST,
        actor=Actor.system(),
        recipients=number,
        variant=message.letter_of(winner_id),
        **message.place,
    )


def people(message: Message) -> Select[tuple[str, int | None]]:
    """Return the query for the addresses of the message's recipients now, and whose they are."""
    if message.mailing_list.delivery is ListDelivery.MEMBERS:
        return recipients(message).add_columns(User.id.label("person_id"))
    return recipients(message).add_columns(cast(null(), BigInteger).label("person_id"))


def places(
    message: Message, place: ColumnElement[int], total: ColumnElement[int]
) -> list[tuple[Message, ColumnElement[bool]]]:
    """Return each version with the condition that a place is in its share or an earlier one."""
    versions = message.versions
    bounds = accumulate(one.share or 0 for one in versions)
    if message.share_unit is ShareUnit.PERCENT:
        within = [place * 100 <= total * bound for bound in bounds]
    else:
        within = [place <= bound for bound in bounds]
    return list(zip(versions, within, strict=True))


def variant_id(message: Message, version: Message) -> ColumnElement[int]:
    """Return what a delivery of this version has in `variant_id`: null for the message itself."""
    return cast(null() if version is message else literal(version.id), BigInteger)


def ask_for_winner(session: Session, dispatch: Dispatch) -> None:
    """Write to the author and to everyone with Right 601, once."""
    if dispatch.winner_asked_at is not None:
        return
    dispatch.winner_asked_at = now()
    message = dispatch.message
    senders = administrators(session, of=Right.SEND_MESSAGES, on=message.mailing_list)
    people = dict.fromkeys([message.author, *senders])
    notify(session, people, LetterName.WINNER, message=message)
